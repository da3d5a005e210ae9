import type { SegmentClient, SegmentTrack } from '../../../src/backends/segment/segment-client';
import { SegmentRelay } from '../../../src/backends/segment/segment-relay';

type Done = (error?: unknown) => void;

class FakeClient implements SegmentClient {
  readonly tracked: SegmentTrack[] = [];
  readonly callbacks: Done[] = [];
  flushes = 0;
  throwing: Error | undefined;

  track(track: SegmentTrack, callback: Done): void {
    if (this.throwing !== undefined) throw this.throwing;
    this.tracked.push(track);
    this.callbacks.push(callback);
  }

  flush(): Promise<void> {
    this.flushes++;
    return Promise.reject(new Error('flush'));
  }
}

const NEVER = new AbortController().signal;
let client: FakeClient;
let relay: SegmentRelay;
beforeEach(() => {
  client = new FakeClient();
  relay = new SegmentRelay(client);
});

function tracksOf(...indexes: number[]): Map<number, SegmentTrack> {
  const timestamp = new Date(0);
  const properties = { name: 'e', timestamp, context: {}, data: {} };
  return new Map(
    indexes.map((index) => [index, { event: 'e', properties, context: {}, timestamp, messageId: String(index) }]),
  );
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SegmentRelay', () => {
  it('resolves once the client has called back for every event, and has it flush', async () => {
    const sent = relay.send(tracksOf(0, 1), NEVER);
    await turn();
    expect(client).toMatchObject({ flushes: 1, tracked: [{ messageId: '0' }, { messageId: '1' }] });
    client.callbacks.forEach((done) => {
      done(null);
    });
    await expect(sent).resolves.toEqual([]);
  });

  it('rejects the events that failed, by their index, with the kind of the error only', async () => {
    const sent = relay.send(tracksOf(2, 5, 7), NEVER);
    await turn();
    client.callbacks[0]!(Object.assign(new Error('secret'), { code: 'ECONNRESET' }));
    client.callbacks[1]!();
    client.callbacks[2]!('secret');
    await expect(sent).resolves.toEqual([
      { index: 2, reason: 'the client failed: ECONNRESET', retryable: true },
      { index: 7, reason: 'the client failed: a value that is not an error', retryable: true },
    ]);
  });

  it('rejects for good what the client refuses to take', async () => {
    client.throwing = new TypeError('secret');
    await expect(relay.send(tracksOf(3), NEVER)).resolves.toEqual([
      { index: 3, reason: 'the client refused it: TypeError', retryable: false },
    ]);
  });

  it('gives the client one batch at a time', async () => {
    const first = relay.send(tracksOf(0), NEVER);
    const second = relay.send(tracksOf(1), NEVER);
    await turn();
    expect(client.tracked).toHaveLength(1);
    client.callbacks[0]!();
    await first;
    while (client.tracked.length < 2) await turn();
    client.callbacks[1]!();
    await expect(second).resolves.toEqual([]);
    expect(client.flushes).toBe(2);
  });

  it('ends at the signal, and gives the client nothing of a batch that was aborted before its turn', async () => {
    const controller = new AbortController();
    const first = relay.send(tracksOf(0), controller.signal);
    const second = relay.send(tracksOf(1), controller.signal);
    await turn();
    controller.abort();
    await expect(first).rejects.toMatchObject({
      message: expect.stringContaining('aborted') as string,
      retryable: true,
    });
    await expect(second).rejects.toThrow('aborted');
    expect(client.tracked).toHaveLength(1);
  });

  it('gives the client a copy, which it may change', async () => {
    const tracks = tracksOf(0);
    const sent = relay.send(tracks, NEVER);
    await turn();
    (client.tracked[0]!.properties.data as Record<string, unknown>)['changed'] = true;
    expect(tracks.get(0)!.properties.data).toEqual({});
    client.callbacks[0]!();
    await sent;
  });
});
