import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import {
  concatMap,
  filter,
  finalize,
  interval,
  map,
  mergeMap,
  Observable,
  of,
  range,
  scan,
  share,
  Subject,
  switchMap,
  take,
  tap,
  throwError,
  toArray,
  type OperatorFunction,
} from 'rxjs';
import { boundStream } from '../../src/context/bound-stream';
import type { Inside } from '../../src/context/flow';

const storage = new AsyncLocalStorage<string>();
const here = (): string | undefined => storage.getStore();
const currentFlow = (): Inside => AsyncLocalStorage.snapshot();

describe('A bound stream', () => {
  it('runs each operator of its pipe in the flow of its subscriber, whoever feeds it', () => {
    const source = new Subject<number>();
    const seen: unknown[] = [];
    const see = (): OperatorFunction<number, number> => tap(() => seen.push(here()));
    const bound = boundStream(source.pipe(see(), map((n) => n + 1), see(), filter(() => true), see()), currentFlow); // prettier-ignore
    storage.run('a', () => bound.subscribe(() => seen.push(here())));
    storage.run('b', () => {
      source.next(1);
    });
    expect(seen).toEqual(['a', 'a', 'a', 'a']);
  });

  it('gives two subscribers a flow each', () => {
    const source = new Subject<number>();
    const seen: unknown[] = [];
    const bound = boundStream(source.pipe(tap(() => seen.push(here()))), currentFlow);
    for (const flow of ['a', 'b']) storage.run(flow, () => bound.subscribe());
    storage.run('c', () => {
      source.next(1);
    });
    expect(seen).toEqual(['a', 'b']);
  });

  it('brings what leaves an operator that subscribes to other streams back into its flow', () => {
    const shared = new Subject<number>();
    const seen: unknown[] = [];
    const ways = [mergeMap(() => shared), concatMap(() => shared), switchMap(() => shared)];
    for (const operator of ways) {
      const stream = of(1).pipe(
        operator,
        tap(() => seen.push(here())),
      );
      storage.run('a', () => boundStream(stream, currentFlow).subscribe());
    }
    storage.run('b', () => {
      shared.next(1);
    });
    expect(seen).toEqual(['a', 'a', 'a']);
  });

  it('ends in its flow, by completion and by failure', () => {
    const seen: unknown[] = [];
    const sources = [new Subject<number>(), new Subject<number>()] as const;
    for (const source of sources)
      storage.run('a', () =>
        boundStream(source.pipe(map((n) => n)), currentFlow).subscribe({
          error: () => seen.push(`failed in ${String(here())}`),
          complete: () => seen.push(`over in ${String(here())}`),
        }),
      );
    storage.run('b', () => {
      sources[0].complete();
      sources[1].error(new Error('no'));
    });
    expect(seen).toEqual(['over in a', 'failed in a']);
  });

  it('stops a source that gives everything at once when its reader has enough', () => {
    const endless = boundStream(range(0, Number.MAX_SAFE_INTEGER).pipe(map((n) => n * 2)), currentFlow);
    let values: number[] = [];
    endless.pipe(take(3), toArray()).subscribe((all) => (values = all));
    expect(values).toEqual([0, 2, 4]);
  });

  it('lets go of its source when it is unsubscribed', () => {
    const source = new Subject<number>();
    let isFinal = false;
    const subscription = boundStream(source.pipe(finalize(() => (isFinal = true))), currentFlow).subscribe();
    expect(source.observed).toBe(true);
    subscription.unsubscribe();
    expect([source.observed, isFinal]).toEqual([false, true]);
  });

  it('passes on the error that an operator throws', () => {
    const failing = of(1).pipe(map(() => throwNow()));
    let error: unknown;
    boundStream(failing, currentFlow).subscribe({ error: (given: unknown) => (error = given) });
    expect(error).toEqual(new Error('now'));
  });

  it('shares what the stream shares', () => {
    let subscriptions = 0;
    const source = new Observable<number>((subscriber) => {
      subscriptions++;
      return interval(1_000_000).subscribe(subscriber);
    }).pipe(share());
    const bound = boundStream(source.pipe(map((n) => n)), currentFlow);
    const both = [bound.subscribe(), bound.subscribe()];
    expect(subscriptions).toBe(1);
    for (const one of both) one.unsubscribe();
  });

  it('gives the values of the stream, whatever operators it is made of', () => {
    const operators: readonly OperatorFunction<number, number>[] = [
      map((n) => n + 1),
      filter((n) => n % 2 === 0),
      scan((sum, n) => sum + n, 0),
      take(3),
      mergeMap((n) => of(n, n)),
      switchMap((n) => of(n * 2)),
      (source) => new Observable((subscriber) => source.subscribe(subscriber)),
      mergeMap((n) => (n > 40 ? throwError(() => new Error('too much')) : of(n))),
    ];
    const run = (stream: Observable<number>): unknown[] => {
      const seen: unknown[] = [];
      stream.subscribe({
        next: (value) => seen.push(value),
        error: (error: unknown) => seen.push(String(error)),
        complete: () => seen.push('over'),
      });
      return seen;
    };
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.array(fc.constantFrom(...operators), { maxLength: 6 }), (values, chosen) => {
        const stream = chosen.reduce<Observable<number>>((source, operator) => source.pipe(operator), of(...values));
        expect(run(boundStream(stream, currentFlow))).toEqual(run(stream));
      }),
    );
  });
});

function throwNow(): number {
  throw new Error('now');
}
