import { Analytics } from '@segment/analytics-node';
import { SegmentBackend, type SegmentBackendOptions, type SegmentTrack } from '../../../src/entries/segment';
import { SegmentWire } from '../../../src/backends/segment/segment-wire';
import { SendFailedException } from '../../../src/delivery/destination';
import { TrackingConfigException } from 'nestjs-event-tracking';
import { deliveredEvents, idsOfEvents, outcomeOf } from '../../support/delivered-events';
import { HttpSink } from '../../support/http-sink';
import { until } from '../../support/until';

const WRITE_KEY = 'w-k3y';
const NEVER = new AbortController().signal;
const AUTHORIZATION = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;

let sink: HttpSink;
const opened: { close: () => unknown }[] = [];
beforeEach(async () => {
  sink = await HttpSink.listen({
    objection: ({ method, path, headers }) => {
      if (method !== 'POST' || path !== '/v1/batch') return `not the API's address`;
      const isOurs = headers['user-agent'] === 'nestjs-event-tracking'; // analytics-node has its key in the body
      if (isOurs && headers.authorization !== AUTHORIZATION) return `authorization is ${String(headers.authorization)}`;
      return headers['content-type']?.startsWith('application/json') ? undefined : 'the body should be JSON';
    },
  });
  opened.push(sink);
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

function backendOf(options: Partial<SegmentBackendOptions> = {}): SegmentBackend {
  const backend = new SegmentBackend({ writeKey: WRITE_KEY, host: sink.url, ...options });
  opened.push({ close: () => backend.onApplicationShutdown() });
  return backend;
}

/** A body of the tracking API, as the last request had it. */
function lastBody(): { batch: (SegmentTrack & { type: string })[]; sentAt: string } {
  return JSON.parse(sink.requests.at(-1)?.text ?? '') as ReturnType<typeof lastBody>;
}

const large = (bytes: number) => ({ data: { text: 'x'.repeat(bytes) } });

describe('SegmentBackend', () => {
  it('sends a batch as one zipped request, each event under its own id and with its own time', async () => {
    const events = deliveredEvents(50);
    const before = Date.now();
    expect(await backendOf().sendBatch(events, NEVER)).toEqual([]);
    expect(sink.complaints).toEqual([]);
    expect(sink.requests).toHaveLength(1);
    expect(sink.requests[0]).toMatchObject({ ids: idsOfEvents(events), headers: { 'content-encoding': 'gzip' } });
    const { batch, sentAt } = lastBody();
    expect(Date.parse(sentAt)).toBeGreaterThanOrEqual(before);
    const { id: messageId, ...properties } = events[7]!;
    expect(batch[7]).toEqual({
      type: 'track',
      event: events[7]?.name,
      userId: '7',
      messageId,
      timestamp: events[7]?.timestamp.toISOString(),
      properties: JSON.parse(JSON.stringify(properties)),
      context: {},
    });
  });

  it('sends what processors have added to the event among its properties', async () => {
    await backendOf().sendBatch([{ ...deliveredEvents(1)[0]!, event_source: 'server' } as never], NEVER);
    expect(lastBody().batch[0]?.properties).toMatchObject({ event_source: 'server' });
  });

  it('gives a user whose id is a time that time as text, without quotes', async () => {
    const [event] = deliveredEvents(1);
    await backendOf().sendBatch([{ ...event!, context: { user_id: new Date(0) } }], NEVER);
    expect(lastBody().batch[0]).toMatchObject({ userId: '1970-01-01T00:00:00.000Z' });
  });

  it.each([[[]], [{}], [''], [0], [false]])('makes an address of host and path where the page is %j', async (page) => {
    const [event] = deliveredEvents(1);
    const context = { user_id: 1, host: 'h.example', path: '/p', page };
    await backendOf().sendBatch([{ ...event!, context }], NEVER);
    expect(lastBody().batch[0]?.context).toMatchObject({ page: { url: 'https://h.example/p' } });
  });

  it.each([
    ['', '/v1/batch'],
    ['/', '/v1/batch'],
    ['/data-plane', '/data-plane/v1/batch'],
    ['/data-plane/', '/data-plane/v1/batch'],
  ])('finds the API at a host that ends in %j', async (path, target) => {
    await backendOf({ host: `${sink.url}${path}` }).sendBatch(deliveredEvents(1), NEVER);
    expect(sink.requests[0]?.path).toBe(target);
  });

  describe('given an event without a user', () => {
    const nobody = deliveredEvents(1, () => ({ context: { session: 's1' } }))[0]!;

    it('refuses it as no-user before it is queued, whatever is in the place of the id', () => {
      const backend = backendOf();
      for (const context of [{}, { user_id: null }, { user_id: undefined }, { user_id: '' }]) {
        expect(backend.refuses({ ...nobody, context })).toBe('no-user');
      }
      for (const user_id of [0, false, 'abc', ' ']) {
        expect(backend.refuses({ ...nobody, context: { user_id } })).toBeUndefined();
      }
    });

    it('rejects it as no-user if it is handed over all the same, and sends the others', async () => {
      const [first, last] = deliveredEvents(2);
      expect(await backendOf().sendBatch([first!, { ...nobody, id: 'n' }, last!], NEVER)).toEqual([
        { index: 1, reason: 'no-user', retryable: false },
      ]);
      expect([...sink.taken.keys()]).toEqual([first?.id, last?.id]);
    });

    it('sends it under the id that anonymousId gives, and beside the id of a user that there is', async () => {
      const backend = backendOf({ anonymousId: ({ context }) => context['session'] as string | undefined });
      expect(backend.refuses(nobody)).toBeUndefined();
      expect(backend.refuses({ ...nobody, context: {} })).toBe('no-user');
      const somebody = { ...nobody, id: 'u', context: { session: 's2', user_id: 5 } };
      expect(await backend.sendBatch([nobody, somebody], NEVER)).toEqual([]);
      expect(lastBody().batch).toMatchObject([{ anonymousId: 's1' }, { anonymousId: 's2', userId: '5' }]);
      expect(lastBody().batch[0]).not.toHaveProperty('userId');
    });

    it('sends a visitor whose user id is empty under the id of the visitor alone, and rejects one without either', async () => {
      const backend = backendOf({ anonymousId: ({ context }) => context['session'] as string | undefined });
      const visitor = { ...nobody, id: 'v', context: { session: 's3', user_id: '' } };
      const nameless = { ...nobody, id: 'x', context: { user_id: '' } };
      expect([visitor, nameless].map((event) => backend.refuses(event))).toEqual([undefined, 'no-user']);
      expect(await backend.sendBatch([nameless, visitor], NEVER)).toEqual([
        { index: 0, reason: 'no-user', retryable: false },
      ]);
      expect(lastBody().batch).toHaveLength(1);
      expect(lastBody().batch[0]).toMatchObject({ anonymousId: 's3', messageId: 'v' });
      expect(lastBody().batch[0]).not.toHaveProperty('userId');
    });

    it.each([[''], [7], [null]])('takes %p from anonymousId for none', (given) => {
      expect(backendOf({ anonymousId: () => given as never }).refuses(nobody)).toBe('no-user');
    });

    it('queues it when anonymousId fails, so that it is kept as a dead letter, and sends the others', async () => {
      const anonymousId: SegmentBackendOptions['anonymousId'] = ({ context }) => {
        if (context['session'] === 's1') throw new TypeError('s1 is secret');
        return 'a';
      };
      const backend = backendOf({ anonymousId });
      expect(backend.refuses(nobody)).toBeUndefined();
      const rejections = await backend.sendBatch([nobody, deliveredEvents(1)[0]!], NEVER);
      expect(rejections).toEqual([{ index: 0, reason: 'anonymousId threw TypeError', retryable: false }]);
      expect(sink.taken.size).toBe(1);
    });
  });

  it('refuses an event whose name a processor has taken away, and rejects it if it is handed over all the same', async () => {
    const [nameless, named] = deliveredEvents(2);
    const event = { ...nameless!, name: '' };
    expect(backendOf().refuses(event)).toBe('no-name');
    expect(await backendOf().sendBatch([event, named!], NEVER)).toEqual([
      { index: 0, reason: 'no-name', retryable: false },
    ]);
    expect([...sink.taken.keys()]).toEqual([named?.id]);
  });

  it('sends an id that is too long for a messageId as another that stays the same and differs from others', async () => {
    const [one, other] = deliveredEvents(2);
    const events = [
      { ...one!, id: 'i'.repeat(99) },
      { ...one!, id: 'i'.repeat(100) },
      { ...other!, id: `${'i'.repeat(99)}j` },
    ];
    await backendOf().sendBatch(events, NEVER);
    const first = lastBody().batch.map(({ messageId }) => messageId);
    await backendOf().sendBatch(events, NEVER);
    expect(lastBody().batch.map(({ messageId }) => messageId)).toEqual(first);
    expect(first[0]).toBe(events[0]?.id);
    expect(new Set(first).size).toBe(3);
    expect(first.every(({ length }) => length < 100)).toBe(true);
  });

  it('sends no more than 2,500 events in a request, however small they are', async () => {
    const track = { userId: '1', event: 'n', properties: {} as never, context: {}, timestamp: new Date(0) };
    const tracks = Array.from({ length: 5001 }, (_, at) => [at, { ...track, messageId: at.toString(36) }] as const);
    const wire = new SegmentWire(WRITE_KEY, sink.url, { gzip: true, keepAlive: false, agent: undefined });
    opened.push(wire);
    expect(await wire.send(new Map(tracks), NEVER)).toEqual([]);
    const sizes = sink.requests.map(({ ids }) => ids.length);
    expect(sizes).toEqual([2500, 2500, 1]);
  });

  describe('with sizes', () => {
    it('rejects an event of more than 32 kB on the wire as too-large, inclusive, and sends the others', async () => {
      const probe = deliveredEvents(1, () => large(0));
      await backendOf().sendBatch(probe, NEVER);
      const around = Buffer.byteLength(JSON.stringify(lastBody().batch[0]));
      const fitting = deliveredEvents(3, (at) => large(32_768 - around + (at === 1 ? 1 : 0)));
      expect(await backendOf().sendBatch(fitting, NEVER)).toEqual([
        { index: 1, reason: 'too-large', retryable: false },
      ]);
      expect(sink.requests[1]?.ids).toEqual([fitting[0]?.id, fitting[2]?.id]);
      expect(Buffer.byteLength(JSON.stringify(lastBody().batch[0]))).toBe(32_768);
    });

    it('counts bytes and not characters', async () => {
      const events = deliveredEvents(1, () => ({ data: { text: '\u20ac'.repeat(11_000) } }));
      expect(await backendOf().sendBatch(events, NEVER)).toEqual([{ index: 0, reason: 'too-large', retryable: false }]);
      expect(sink.connections).toBe(0);
    });

    it('sends no request of more than 500 kB, and every event once', async () => {
      const events = deliveredEvents(80, (at) => large(20_000 + at));
      expect(await backendOf().sendBatch(events, NEVER)).toEqual([]);
      expect(sink.requests.length).toBe(4);
      for (const { text } of sink.requests) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(500_000);
      expect([...sink.taken]).toEqual(idsOfEvents(events).map((id) => [id, 1]));
    });

    it('has nearly every batch of the delivery in one request', () => {
      expect(SegmentBackend.delivery).toEqual({ batch: { maxEvents: 250, maxBytes: 400_000 } });
    });

    it('tries only those again that were not taken when a later request fails', async () => {
      const events = deliveredEvents(80, () => large(20_000));
      sink.misbehave({ status: 200 }, { status: 429, headers: { 'retry-after': '9' } });
      const rejections = await backendOf().sendBatch(events, NEVER);
      expect(sink.requests).toHaveLength(2);
      const left = events.filter(({ id }) => !sink.taken.has(id));
      expect(left.length).toBeGreaterThan(40);
      expect(rejections).toEqual(
        left.map((event) => ({
          index: events.indexOf(event),
          reason: expect.stringContaining('429'),
          retryable: true,
          retryAfterMs: 9000,
        })),
      );
    });

    it('has the batch halved when a later request is refused for good: nobody knows over which event', async () => {
      sink.misbehave({ status: 200 }, { status: 400 });
      const outcome = await outcomeOf(
        backendOf().sendBatch(
          deliveredEvents(80, () => large(20_000)),
          NEVER,
        ),
      );
      expect(outcome).toBeInstanceOf(SendFailedException);
      expect(outcome).toMatchObject({ retryable: false });
    });
  });

  it.each([
    [
      { status: 429, headers: { 'retry-after': '3' } },
      { retryable: true, retryAfterMs: 3000 },
    ],
    [{ status: 400 }, { retryable: false }],
    [{ status: 413 }, { retryable: false }],
    [{ status: 500 }, { retryable: true }],
    [{ status: 401 }, { retryable: true }],
    ['reset' as const, { retryable: true }],
    ['half-reply' as const, { retryable: true }],
    ['lost-reply' as const, { retryable: true }],
  ])('fails as a whole over %j', async (fault, failure) => {
    sink.misbehave(fault);
    const outcome = await outcomeOf(backendOf().sendBatch(deliveredEvents(3), NEVER));
    expect(outcome).toBeInstanceOf(SendFailedException);
    expect(outcome).toMatchObject(failure);
    expect((outcome as Error).message).not.toContain(WRITE_KEY);
  });

  it('connects to nothing while it is switched off', async () => {
    expect(await SegmentBackend.idle().sendBatch(deliveredEvents(1), NEVER)).toEqual([]);
    expect(sink.connections).toBe(0);
  });
});

describe('SegmentBackend through a client', () => {
  it('sends with @segment/analytics-node what it sends by itself', async () => {
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

  it('waits for no more events to come, also with two batches at once', async () => {
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

  it('rejects for good those that the client refuses to take, and goes on with the others', async () => {
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

  it('hands over nothing of a batch that was given up while it waited for its turn', async () => {
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

  it('waits no longer than the signal for a client that never calls back', async () => {
    const stop = new AbortController();
    const sending = outcomeOf(
      new SegmentBackend({ client: { track: () => {} } }).sendBatch(deliveredEvents(1), stop.signal),
    );
    stop.abort();
    expect(await sending).toMatchObject({ name: 'SendFailedException', retryable: true });
  });

  it('gives the client events of its own, which it may change', async () => {
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

  it('asks for no flush during another, and survives one that fails', async () => {
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

describe('The options of a SegmentBackend', () => {
  const client = { track: () => {} };
  it.each<readonly [string, unknown, RegExp]>([
    ['none', undefined, /^writeKey and client are missing/],
    ['neither a write key nor a client', {}, /^writeKey and client are missing; expected one of them\.$/],
    ['a write key that is empty', { writeKey: '' }, /^writeKey is ""; expected a non-empty string/],
    ['a write key that is no text', { writeKey: 7 }, /^writeKey is a number; expected a non-empty string\.$/],
    ['a client that is none', { client: {} }, /^client is an object; expected a client with track\(\)\.$/],
    ['a client that is null', { client: null }, /^client is null; expected a client/],
    ['both', { writeKey: WRITE_KEY, client }, /^writeKey is set, but client has its own/],
    ['a host beside a client', { host: 'https://h.example', client }, /^host is set, but client has its own/],
    [
      'a host that is none',
      { writeKey: WRITE_KEY, host: 'h.example' },
      /^host is a string that is not a URL; expected a URL/,
    ],
    ['gzip as a text', { writeKey: WRITE_KEY, gzip: 'no' }, /^gzip is "no"/],
    [
      'an anonymousId that is a text',
      { writeKey: WRITE_KEY, anonymousId: 'a' },
      /^anonymousId is a string of 1 character; expected a function/,
    ],
    ['an unknown option', { writeKey: WRITE_KEY, flushAt: 20 }, /^unknown option "flushAt"; known options: writeKey/],
  ])('cannot be: %s', (_what, options, fault) => {
    let errors: TrackingConfigException['errors'] = [];
    try {
      new SegmentBackend(options as never);
    } catch (error) {
      if (!(error instanceof TrackingConfigException)) throw error;
      ({ errors } = error);
    }
    expect(errors.map(({ what }) => what)).toEqual([expect.stringMatching(fault)]);
    expect(JSON.stringify(errors)).not.toContain(WRITE_KEY);
  });
});
