import { Analytics } from '@segment/analytics-node';
import { SegmentBackend, type SegmentBackendOptions, type SegmentTrack } from '../../../src/entries/segment';
import { deliveredEvents, idsOfEvents, outcomeOf } from '../../support/delivered-events';
import { until } from '../../support/until';
import { NEVER, WRITE_KEY, backendOf, lastBody, opened, sink } from './segment-parts';

describe('SegmentBackend through a client', () => {
  it('sends the same with @segment/analytics-node as by itself', async () => {
    const client = new Analytics({ writeKey: WRITE_KEY, host: sink.url });
    opened.push({ close: () => client.closeAndFlush() });
    const context = { client_id: 'GA1', ip: '::1', agent: 'UA', host: 'h', path: '/p', referer: 'r' };
    const events = deliveredEvents(40, (at) => ({ context: { user_id: at, ...context } }));
    expect(await new SegmentBackend({ client }).sendBatch(events, NEVER)).toEqual([]);
    const throughClient = sink.requests.flatMap(({ text }) => (JSON.parse(text) as { batch: SegmentTrack[] }).batch);
    await backendOf().sendBatch(events, NEVER);
    const ofOurs = lastBody().batch;
    const compared = (tracks: readonly SegmentTrack[]) =>
      tracks.map(({ userId, event, properties, timestamp, messageId, context: { library, ...rest } }) => {
        return { userId, event, properties, timestamp, messageId, context: rest };
      });
    expect(compared(throughClient)).toEqual(compared(ofOurs));
    expect([...sink.taken.values()]).toEqual(events.map(() => 2));
  });

  it('does not wait for more events, also with two batches at once', async () => {
    const client = new Analytics({ writeKey: WRITE_KEY, host: sink.url, flushInterval: 600_000, flushAt: 1000 });
    opened.push({ close: () => client.closeAndFlush() });
    const backend = new SegmentBackend({ client });
    const events = deliveredEvents(20);
    const batches = [events.slice(0, 3), events.slice(3, 11), events.slice(11)];
    await Promise.all(batches.map((batch) => backend.sendBatch(batch, NEVER)));
    expect([...sink.taken]).toEqual(idsOfEvents(events).map((id) => [id, 1]));
  });

  it('rejects those that the client could not deliver', async () => {
    const client = new Analytics({ writeKey: WRITE_KEY, host: sink.url, maxRetries: 0 });
    client.on('error', () => {});
    opened.push({ close: () => client.closeAndFlush() });
    sink.misbehave({ status: 400 });
    expect(await new SegmentBackend({ client }).sendBatch(deliveredEvents(2), NEVER)).toEqual([
      { index: 0, reason: 'the client failed: Error', retryable: true },
      { index: 1, reason: 'the client failed: Error', retryable: true },
    ]);
  });

  it('rejects permanently events that the client refuses, and continues with the others', async () => {
    const tracked: unknown[] = [];
    const client: SegmentBackendOptions['client'] = {
      track: ({ messageId, userId }: SegmentTrack, callback) => {
        if (userId === '1') throw new RangeError(`what ${messageId} says`);
        tracked.push(messageId);
        callback(null);
      },
    };
    const events = deliveredEvents(3);
    expect(await new SegmentBackend({ client }).sendBatch(events, NEVER)).toEqual([
      { index: 1, reason: 'the client refused it: RangeError', retryable: false },
    ]);
    expect(tracked).toEqual([events[0]?.id, events[2]?.id]);
  });

  it('passes no event of a batch to the client if the batch was aborted while it waited', async () => {
    const tracked: string[] = [];
    const callbacks: (() => void)[] = [];
    const client: SegmentBackendOptions['client'] = {
      track: ({ messageId }: SegmentTrack, callback) => {
        tracked.push(messageId);
        callbacks.push(callback);
      },
    };
    const backend = new SegmentBackend({ client });
    const [first, second] = deliveredEvents(2);
    const stop = new AbortController();
    const sending = backend.sendBatch([first!], NEVER);
    const waiting = outcomeOf(backend.sendBatch([second!], stop.signal));
    await until(() => callbacks.length === 1);
    stop.abort();
    callbacks[0]?.();
    expect(await sending).toEqual([]);
    expect(await waiting).toMatchObject({ retryable: true });
    expect(tracked).toEqual([first?.id]);
  });

  it('waits for a client that never calls back only until the signal is aborted', async () => {
    const stop = new AbortController();
    const sending = outcomeOf(
      new SegmentBackend({ client: { track: () => {} } }).sendBatch(deliveredEvents(1), stop.signal),
    );
    stop.abort();
    expect(await sending).toMatchObject({ name: 'SendFailedException', retryable: true });
  });

  it('passes copies of events to the client, which may change them', async () => {
    const events = deliveredEvents(1);
    const before = JSON.stringify(events);
    const client: SegmentBackendOptions['client'] = {
      track: ({ properties, timestamp }: SegmentTrack, callback) => {
        properties.data['mode'] = 'changed';
        timestamp.setTime(0);
        callback();
      },
    };
    await new SegmentBackend({ client }).sendBatch(events, NEVER);
    expect(JSON.stringify(events)).toBe(before);
  });

  it('requests no flush during another, and survives one that fails', async () => {
    let flushing = 0;
    let most = 0;
    const callbacks: (() => void)[] = [];
    const client: SegmentBackendOptions['client'] = {
      track: (_params, callback) => void callbacks.push(callback),
      flush: async () => {
        most = Math.max(most, ++flushing);
        await new Promise(setImmediate);
        for (const callback of callbacks.splice(0)) callback();
        flushing--;
        throw new Error('flush failed');
      },
    };
    const backend = new SegmentBackend({ client });
    const sent = await Promise.all(Array.from({ length: 4 }, () => backend.sendBatch(deliveredEvents(2), NEVER)));
    expect(sent).toEqual([[], [], [], []]);
    expect(most).toBe(1);
  });
});
