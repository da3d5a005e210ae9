import { deliveredEvents, idsOfEvents, outcomeOf } from '../../support/delivered-events';
import { type SinkFault } from '../../support/http-sink';
import { until } from '../../support/until';
import { NEVER, backendOf, failureOf, listen, sink } from './http-parts';

describe('HttpBackend', () => {
  describe('on a network that fails', () => {
    it.each<[SinkFault, string, number]>([
      ['reset', 'ECONNRESET', 0],
      ['lost-reply', 'ECONNRESET', 3],
      ['reset-in-reply', 'the reply broke off', 3],
      ['half-reply', 'the reply broke off', 3],
      ['garbage', 'HPE_', 0],
    ])('treats the outcome as unknown after %s, and sends the same ids again', async (fault, reason, taken) => {
      sink.misbehave(fault);
      const backend = backendOf();
      const events = deliveredEvents(3);
      const failure = await failureOf(backend, events);
      expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining(reason) });
      expect(sink.taken.size).toBe(taken);
      expect(await backend.sendBatch(events, NEVER)).toEqual([]);
      expect([...sink.taken.keys()]).toEqual(idsOfEvents(events));
      expect(sink.repeated).toHaveLength(taken);
    });

    it('fails with a retryable error while a server is down, and delivers when it is back', async () => {
      const { port } = sink;
      const backend = backendOf();
      await sink.close();
      expect(await failureOf(backend)).toMatchObject({
        retryable: true,
        message: expect.stringContaining('ECONNREFUSED'),
      });
      await listen({ port });
      expect(await backend.sendBatch(deliveredEvents(3), NEVER)).toEqual([]);
    });

    it.each([
      ['before a reply', 'stall'],
      ['in the middle of a reply', 'stalled-reply'],
    ] as const)('stops %s when the signal is aborted, and closes the connection', async (_when, fault) => {
      sink.misbehave(fault);
      const stop = new AbortController();
      const sending = failureOf(backendOf(), deliveredEvents(3), stop.signal);
      await sink.receivedAtLeast(1);
      stop.abort();
      expect(await sending).toMatchObject({ retryable: true, message: expect.stringContaining('aborted') });
      await until(() => sink.open === 0);
    });

    it('opens no connection when the signal is aborted already', async () => {
      expect(await failureOf(backendOf({ gzip: true }), deliveredEvents(100), AbortSignal.abort())).toMatchObject({
        retryable: true,
      });
      expect(sink.connections).toBe(0);
    });

    it('leaves no listener on a signal that outlives the batch', async () => {
      const { signal } = new AbortController();
      const added = jest.spyOn(signal, 'addEventListener');
      const removed = jest.spyOn(signal, 'removeEventListener');
      sink.misbehave({ status: 200 }, 'reset', 'half-reply');
      const backend = backendOf();
      for (let batch = 0; batch < 3; batch++) await outcomeOf(backend.sendBatch(deliveredEvents(1), signal));
      expect(added.mock.calls.length).toBeGreaterThan(2);
      await until(() => removed.mock.calls.length === added.mock.calls.length);
    });

    it('sends again at once if the connection was closed while it was idle', async () => {
      const backend = backendOf();
      await backend.sendBatch(deliveredEvents(1), NEVER);
      sink.misbehave('reset'); // what meets a request that crosses the closing of its connection
      expect(await backend.sendBatch(deliveredEvents(3), NEVER)).toEqual([]);
      expect(sink.connections).toBe(2);
    });

    it('does not send again when a new connection fails as well', async () => {
      const backend = backendOf();
      await backend.sendBatch(deliveredEvents(1), NEVER);
      sink.misbehaveAlways('reset');
      expect(await failureOf(backend)).toMatchObject({
        retryable: true,
        message: expect.stringContaining('ECONNRESET'),
      });
      expect(sink.received).toBe(3);
    });

    it('does not read an endless reply: without readStatus, its status is enough', async () => {
      const body = 'x'.repeat(9_000_000);
      sink.misbehave({ status: 200, body }, { status: 200, body });
      expect(await backendOf().sendBatch(deliveredEvents(1), NEVER)).toEqual([]);
      expect(await failureOf(backendOf({ readStatus: () => [] }))).toMatchObject({
        retryable: true,
        message: expect.stringContaining('8388608'),
      });
    });
  });
});
