import { readFileSync } from 'node:fs';
import {
  backend,
  EventEmissionExit,
  LoggerBackend,
  MemoryBackend,
  type NotConfirmedException,
  processor,
  RegexFilter,
  RoutingBackend,
} from 'nestjs-event-tracking';
import { buildTracking, CollectingBackend, expectBalance, startTracking } from '../support/start-tracking';
import { newPath, refusal, unwritablePath } from './emit-confirmed-parts';

class FailingBackend {
  send(): void {
    throw new Error('no');
  }
}

describe('emitConfirmed', () => {
  it('resolves with the id of the event, and with delivered for each backend that received it', async () => {
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

  it('resolves with filtered where a filter holds the event back', async () => {
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

  it('rejects with all destinations when a backend fails, an event is too large, or a processor loses it', async () => {
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

  it('rejects with dropped when the application closes before the log could be written', async () => {
    const { app, tracker } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: unwritablePath() }) },
    });
    const waiting = refusal(tracker.emitConfirmed('a'));
    await app.close();
    expect((await waiting).destinations).toEqual({ log: 'dropped' });
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

  it('rejects if there is no backend, since none can receive the event', async () => {
    const { tracker } = await startTracking({ backends: {} });
    const error = await refusal(tracker.emitConfirmed('a'));
    expect(error).toMatchObject({ id: expect.stringMatching(/-7/), destinations: { '': 'dropped' } });
  });

  it.each<[unknown, string]>([
    [undefined, '"unknown"'],
    [10n, '"10"'],
    [Symbol('s'), '"Symbol(s)"'],
  ])('names the event %p in the exception by its final name', async (name, text) => {
    const { tracker } = await startTracking({ backends: { fails: backend(FailingBackend) } });
    const error = await refusal(tracker.emitConfirmed(name as string));
    expect(error.message).toContain(`the event ${text}`);
  });
});
