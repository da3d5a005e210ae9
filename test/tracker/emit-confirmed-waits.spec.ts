import { backend, LoggerBackend, MemoryBackend } from 'nestjs-event-tracking';
import { buildTracking, expectBalance, startTracking } from '../support/start-tracking';
import { refusal, unwritablePath } from './emit-confirmed-parts';

describe('emitConfirmed, while it waits,', () => {
  it('rejects after timeoutMs with pending for a log that cannot be written, and the event keeps waiting', async () => {
    const { tracker, ledger } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: unwritablePath() }), sink: backend(MemoryBackend) },
    });
    const error = await refusal(tracker.emitConfirmed('a', {}, { timeoutMs: 20 }));
    expect(error.destinations).toEqual({ log: 'pending', sink: 'delivered' });
    expect(error.message).toContain('since it took more than 20 ms');
    expect(error.cause).toBeUndefined();
    expect(ledger.node('log')?.delivery).toMatchObject({ accepted: 1, delivered: 0, pending: 1 });
    expectBalance(ledger);
  });

  it('rejects when its signal is aborted, with the reason as cause', async () => {
    const { tracker } = await startTracking({ backends: { log: backend(LoggerBackend, { path: unwritablePath() }) } });
    const controller = new AbortController();
    const waiting = refusal(tracker.emitConfirmed('a', {}, { signal: controller.signal }));
    const reason = new Error('the user left');
    controller.abort(reason);
    const error = await waiting;
    expect(error.destinations).toEqual({ log: 'pending' });
    expect(error.message).toContain('since its signal was aborted');
    expect(error.cause).toBe(reason);
  });

  it('rejects at once when its signal was aborted before, although the event is on its way', async () => {
    const { tracker, names } = await startTracking();
    const error = await refusal(tracker.emitConfirmed('a', {}, { signal: AbortSignal.abort() }));
    expect(error.destinations).toEqual({ sink: 'delivered' });
    expect(names()).toEqual(['a']);
  });

  it('leaves no listener on a signal that lives longer than the event', async () => {
    const { tracker } = await startTracking();
    const { signal } = new AbortController();
    const add = jest.spyOn(signal, 'addEventListener');
    const remove = jest.spyOn(signal, 'removeEventListener');
    await tracker.emitConfirmed('a', {}, { signal });
    expect(remove.mock.calls).toEqual(add.mock.calls);
  });

  it('leaves no timer behind, which would keep a script alive', async () => {
    const { tracker } = await startTracking();
    jest.useFakeTimers();
    await tracker.emitConfirmed('a');
    const left = jest.getTimerCount();
    jest.useRealTimers();
    expect(left).toBe(0);
  });

  it.each([Infinity, 2 ** 31, Number.MAX_SAFE_INTEGER])(
    'waits without a limit when timeoutMs is %p, which is beyond the range of a timer',
    async (timeoutMs) => {
      const { tracker } = await startTracking({
        backends: { log: backend(LoggerBackend, { path: unwritablePath() }) },
      });
      const controller = new AbortController();
      jest.useFakeTimers(); // which, as the real ones, fire after 1 ms beyond their range
      const waiting = refusal(tracker.emitConfirmed('a', {}, { timeoutMs, signal: controller.signal }));
      await jest.advanceTimersByTimeAsync(60_000);
      jest.useRealTimers();
      controller.abort();
      expect((await waiting).message).toContain('since its signal was aborted');
    },
  );

  it('waits for the start, when it was called before', async () => {
    const { app, tracker, names } = await buildTracking();
    const confirmed = tracker.emitConfirmed('early');
    const order: string[] = [];
    void confirmed.then(() => order.push('confirmed'));
    await Promise.resolve();
    order.push('not yet');
    await app.init();
    expect((await confirmed).destinations).toEqual({ sink: 'delivered' });
    expect(order).toEqual(['not yet', 'confirmed']);
    expect(names()).toEqual(['early']);
  });

  it('rejects with dropped when more events were emitted before the start than are kept', async () => {
    const { tracker } = await buildTracking({ maxEarlyEvents: 0 });
    const error = await refusal(tracker.emitConfirmed('early'));
    expect(error.destinations).toEqual({ '': 'dropped' });
    expect(error.message).toContain('since it was dropped; the tracker: dropped');
  });

  it('rejects without outcomes when the application does not start in time', async () => {
    const { tracker } = await buildTracking();
    const error = await refusal(tracker.emitConfirmed('early', {}, { timeoutMs: 5 }));
    expect(error.destinations).toEqual({});
    expect(error.message).toContain('it has not reached the tree');
  });

  it('never causes an unhandled rejection, although nothing awaits a late one', async () => {
    const { app, tracker } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: unwritablePath() }) },
    });
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    await refusal(tracker.emitConfirmed('a', {}, { timeoutMs: 5 }));
    await app.close();
    await new Promise((resolve) => setImmediate(resolve));
    process.removeListener('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
