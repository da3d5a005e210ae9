import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { defer, finalize, lastValueFrom, map, of, Subject } from 'rxjs';
import { startTracker } from './start-tracker';

const scope = { user_id: 1 };

/** Of an application, or of its tracing: what any flow carries besides the scopes. */
const flow = new AsyncLocalStorage<string>();

describe('A result of a body, between the flows of the call, of its reader and of its source,', () => {
  it('passes each value, error and end to the reader in the flow of the reader', async () => {
    const { tracker } = await startTracker();
    const seen: string[] = [];
    const note = (what: string) => (): void => {
      seen.push(`${what}: ${String(flow.getStore())}, ${JSON.stringify(tracker.currentContext())}`);
    };
    for (const end of ['complete', 'error'] as const) {
      const source = new Subject<number>();
      const stream = flow.run('call', () => tracker.context(scope, () => source.pipe(map((value) => value))));
      flow.run('reader', () => {
        tracker.context({ reader: true }, () => {
          const watched = stream.pipe(finalize(note('finalize')));
          watched.subscribe({ next: note('next'), error: note('error'), complete: note('complete') });
        });
      });
      flow.run('feeder', () => {
        tracker.context({ feeder: true }, () => {
          source.next(1);
          source[end](new Error('over'));
        });
      });
    }
    expect(seen).toEqual(
      ['next', 'complete', 'finalize', 'next', 'error', 'finalize'].map((what) => `${what}: reader, {"reader":true}`),
    );
  });

  it('works in the flow of the call, whichever code subscribes to, awaits or advances it', async () => {
    const { tracker } = await startTracker();
    const seen: string[] = [];
    const note = (what: string): void => {
      seen.push(`${what}: ${String(flow.getStore())}, ${JSON.stringify(tracker.currentContext())}`);
    };
    const made = flow.run('call', () => ({
      stream: tracker.context(scope, () =>
        defer(() => {
          note('subscribe');
          return of(1);
        }).pipe(finalize(() => note('finalize'))),
      ),
      steps: tracker.context(scope, async function* () {
        note('step');
        await turn();
        note('step');
        yield 1;
      }),
      thenable: tracker.context(scope, () => ({
        then: (resolve: (value: number) => void) => {
          note('then');
          resolve(1);
        },
      })),
    }));
    await flow.run('reader', async () => {
      await lastValueFrom(made.stream);
      for await (const step of made.steps) note(`read ${step}`);
      await made.thenable;
      note('read');
    });
    const inside = 'call, {"user_id":1}';
    expect(seen).toEqual([
      ...['subscribe', 'finalize', 'step', 'step'].map((what) => `${what}: ${inside}`),
      'read 1: reader, {}',
      `then: ${inside}`,
      'read: reader, {}',
    ]);
  });

  it('never gives a reader the flow of another reader, whatever their order', async () => {
    const { tracker } = await startTracker();
    const step = fc.oneof(
      fc.record({ reader: fc.nat(4) }),
      fc.record({ feeder: fc.nat(4) }),
      fc.record({ leaver: fc.nat(4) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const source = new Subject<number>();
        const stream = tracker.context(scope, () => source.pipe(map((value) => value)));
        const readers = new Map<number, { unsubscribe(): void }>();
        const wrong: unknown[] = [];
        for (const each of steps) {
          if ('feeder' in each) flow.run(`feeder ${each.feeder}`, () => source.next(each.feeder));
          else if ('leaver' in each) flow.run('leaver', () => readers.get(each.leaver)?.unsubscribe());
          else {
            const own = `reader ${each.reader}`;
            const check = (): void => {
              if (flow.getStore() !== own) wrong.push([own, flow.getStore()]);
            };
            readers.get(each.reader)?.unsubscribe();
            readers.set(
              each.reader,
              flow.run(own, () => stream.subscribe({ next: check, complete: check })),
            );
          }
        }
        flow.run('feeder', () => source.complete());
        expect(wrong).toEqual([]);
      }),
    );
  });
});
