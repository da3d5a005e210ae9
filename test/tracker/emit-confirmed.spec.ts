import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  backend,
  EventEmissionExit,
  LoggerBackend,
  MemoryBackend,
  NotConfirmedException,
  processor,
  RegexFilter,
  RoutingBackend,
  type ConfirmedEvent,
} from 'nestjs-event-tracking';
import { buildTracking, CollectingBackend, expectBalance, startTracking } from '../support/start-tracking';

const folder = mkdtempSync(join(tmpdir(), 'tracking-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = (): string => join(folder, `${++files}.log`);

/** A log that nobody can write, root included: its directory is a file. */
function unwritablePath(): string {
  const file = join(folder, `${++files}.file`);
  writeFileSync(file, '');
  return join(file, 'child.log');
}

class FailingBackend {
  send(): void {
    throw new Error('no');
  }
}

/** The rejection itself; fails if there is none. */
async function refusal(confirmed: Promise<ConfirmedEvent>): Promise<NotConfirmedException> {
  const outcome: unknown = await confirmed.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(NotConfirmedException);
  return outcome as NotConfirmedException;
}

describe('emitConfirmed', () => {
  it('resolves with the id of the event, and with delivered for each backend that has it', async () => {
    const { tracker, last } = await startTracking({
      backends: {
        sink: backend(MemoryBackend),
        branch: backend(RoutingBackend, {}, { backends: { own: backend(CollectingBackend) } }),
      },
    });
    const confirmed = await tracker.emitConfirmed('a', { a: 1 });
    expect(confirmed).toEqual({ id: last().id, destinations: { 'branch/own': 'delivered', sink: 'delivered' } });
    expect(last()).toMatchObject({ name: 'a', data: { a: 1 } });
  });

  it('resolves when the line is in the file, and not before', async () => {
    const path = newPath();
    const { tracker } = await startTracking({ backends: { log: backend(LoggerBackend, { path, maxWaitMs: 60_000 }) } });
    const confirmed = tracker.emitConfirmed('a');
    const { id, destinations } = await confirmed;
    expect(destinations).toEqual({ log: 'delivered' });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ name: 'a', id });
  });

  it('resolves with filtered where somebody wished that the event does not get there', async () => {
    const { tracker, names } = await startTracking({
      backends: {
        by_name: backend(CollectingBackend, undefined, {
          processors: [processor(RegexFilter, { regularExpressions: ['edx\\.'] })],
        }),
        by_null: backend(CollectingBackend, undefined, { processors: [() => null] }),
        cancelled: backend(
          RoutingBackend,
          {},
          {
            processors: [
              () => {
                throw new EventEmissionExit();
              },
            ],
            backends: { a: backend(CollectingBackend), b: backend(CollectingBackend) },
          },
        ),
        sink: backend(MemoryBackend),
      },
    });
    const { destinations } = await tracker.emitConfirmed('a');
    expect(destinations).toEqual({
      by_name: 'filtered',
      by_null: 'filtered',
      'cancelled/a': 'filtered',
      'cancelled/b': 'filtered',
      sink: 'delivered',
    });
    expect(names()).toEqual(['a']);
  });

  it('rejects with the table when a backend fails, an event is too large, or a processor loses it', async () => {
    const { tracker, last, ledger } = await startTracking({
      backends: {
        fails: backend(FailingBackend),
        large: backend(LoggerBackend, { path: newPath(), maxEventBytes: 100 }),
        lost: backend(CollectingBackend, undefined, {
          processors: [
            processor(
              () => {
                throw new Error('no');
              },
              { onError: 'drop' },
            ),
          ],
        }),
        sink: backend(MemoryBackend),
      },
    });
    const error = await refusal(tracker.emitConfirmed('a', { text: 'x'.repeat(100) }));
    expect(error).toMatchObject({
      name: 'NotConfirmedException',
      id: last().id,
      destinations: { fails: 'dropped', large: 'dropped', lost: 'dropped', sink: 'delivered' },
    });
    expect(error.message).toContain(`the event "a" (${last().id}) is not confirmed, since it was dropped`);
    expect(error.message).toContain('fails: dropped, large: dropped, lost: dropped, sink: delivered');
    expect(error.message).toContain('Fix: ');
    expectBalance(ledger);
  });

  it('rejects after timeoutMs with pending for a log that cannot be written, and the event goes on waiting', async () => {
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
    'waits as long as it takes when timeoutMs is %p, which no timer can hold',
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

  it('rejects with dropped when the application closes before the log could be written', async () => {
    const { app, tracker } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: unwritablePath() }) },
    });
    const waiting = refusal(tracker.emitConfirmed('a'));
    await app.close();
    expect((await waiting).destinations).toEqual({ log: 'dropped' });
  });

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

  it('rejects with nothing known when the application does not start in time', async () => {
    const { tracker } = await buildTracking();
    const error = await refusal(tracker.emitConfirmed('early', {}, { timeoutMs: 5 }));
    expect(error.destinations).toEqual({});
    expect(error.message).toContain('it has not reached the tree');
  });

  it('rejects with dropped when the application closes without having started', async () => {
    const { app, tracker } = await buildTracking();
    const waiting = refusal(tracker.emitConfirmed('early'));
    await app.close();
    expect((await waiting).destinations).toEqual({ '': 'dropped' });
  });

  it('rejects with dropped for an event that is refused as a loop', async () => {
    const refused: Promise<NotConfirmedException>[] = [];
    let depth = 0;
    const { tracker, ledger } = await startTracking({
      processors: [
        (): void => {
          if (++depth === 9) refused.push(refusal(tracker.emitConfirmed('again')));
          else tracker.emit('again');
        },
      ],
    });
    tracker.emit('first');
    expect(refused).toHaveLength(1);
    expect((await refused[0])?.destinations).toEqual({ '': 'dropped' });
    expectBalance(ledger);
  });

  it('resolves with no destinations, and an id for none, when tracking is off', async () => {
    const { tracker } = await startTracking({ enabled: false });
    expect(await tracker.emitConfirmed('a')).toEqual({ id: '', destinations: {} });
    // Nothing is under way that could be given up.
    const signal = AbortSignal.abort();
    expect(await tracker.emitConfirmed('a', {}, { signal })).toEqual({ id: '', destinations: {} });
  });

  it('rejects where there is no backend, since nothing has the event', async () => {
    const { tracker } = await startTracking({ backends: {} });
    const error = await refusal(tracker.emitConfirmed('a'));
    expect(error).toMatchObject({ id: expect.stringMatching(/-7/), destinations: { '': 'dropped' } });
  });

  it.each<[unknown, string]>([
    [undefined, '"unknown"'],
    [10n, '"10"'],
    [Symbol('s'), '"Symbol(s)"'],
  ])('names the event %p in its refusal as it travels', async (name, text) => {
    const { tracker } = await startTracking({ backends: { fails: backend(FailingBackend) } });
    const error = await refusal(tracker.emitConfirmed(name as string));
    expect(error.message).toContain(`the event ${text}`);
  });

  it('is never an unhandled rejection, although nobody waits for one that is late', async () => {
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

describe('flush', () => {
  it('resolves when every line is written, those of every logger', async () => {
    const paths = [newPath(), newPath()];
    const { tracker } = await startTracking({
      backends: {
        a: backend(LoggerBackend, { path: paths[0], maxWaitMs: 60_000 }),
        branch: backend(
          RoutingBackend,
          {},
          {
            backends: { b: backend(LoggerBackend, { path: paths[1], maxWaitMs: 60_000 }) },
          },
        ),
      },
    });
    tracker.emit('a');
    tracker.emit('b');
    await tracker.flush();
    for (const path of paths) {
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line).name)).toEqual(['a', 'b']);
    }
  });

  it('resolves for a log that cannot be written for now, instead of waiting for the operator', async () => {
    const { tracker } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: unwritablePath() }), sink: backend(MemoryBackend) },
    });
    tracker.emit('a');
    await expect(tracker.flush()).resolves.toBeUndefined();
  });

  it('resolves before the start, after the end, and with tracking off', async () => {
    const { app, tracker } = await buildTracking();
    await expect(tracker.flush()).resolves.toBeUndefined();
    await app.init();
    await app.close();
    await expect(tracker.flush()).resolves.toBeUndefined();
    const off = await startTracking({ enabled: false });
    await expect(off.tracker.flush()).resolves.toBeUndefined();
  });
});
