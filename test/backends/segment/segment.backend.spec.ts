import { SegmentBackend } from '../../../src/entries/segment';
import { SegmentWire } from '../../../src/backends/segment/segment-wire';
import { SendFailedException } from '../../../src/delivery/destination';
import { deliveredEvents, idsOfEvents, outcomeOf } from '../../support/delivered-events';
import { NEVER, WRITE_KEY, backendOf, lastBody, opened, sink } from './segment-parts';

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

  it('sends a user id that is a Date as its string, without quotes', async () => {
    const [event] = deliveredEvents(1);
    await backendOf().sendBatch([{ ...event!, context: { user_id: new Date(0) } }], NEVER);
    expect(lastBody().batch[0]).toMatchObject({ userId: '1970-01-01T00:00:00.000Z' });
  });

  it.each([[[]], [{}], [''], [0], [false]])('builds an address from host and path if the page is %j', async (page) => {
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
  ])('calls the API at a host that ends in %j', async (path, target) => {
    await backendOf({ host: `${sink.url}${path}` }).sendBatch(deliveredEvents(1), NEVER);
    expect(sink.requests[0]?.path).toBe(target);
  });

  it('refuses an event whose name a processor has removed, and rejects it if it is still passed to sendBatch', async () => {
    const [nameless, named] = deliveredEvents(2);
    const event = { ...nameless!, name: '' };
    expect(backendOf().refuses(event)).toBe('no-name');
    expect(await backendOf().sendBatch([event, named!], NEVER)).toEqual([
      { index: 0, reason: 'no-name', retryable: false },
    ]);
    expect([...sink.taken.keys()]).toEqual([named?.id]);
  });

  it('replaces an id that is too long for a messageId by a stable and unique id', async () => {
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

    it('retries only events that were not accepted when a later request fails', async () => {
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

    it('has the batch halved when a later request is refused permanently, since the responsible event is unknown', async () => {
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

  it('opens no connection while it is disabled', async () => {
    expect(await SegmentBackend.idle().sendBatch(deliveredEvents(1), NEVER)).toEqual([]);
    expect(sink.connections).toBe(0);
  });
});
