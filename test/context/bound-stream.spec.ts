import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import {
  asapScheduler,
  combineLatest,
  concatMap,
  config,
  defer,
  filter,
  finalize,
  interval,
  map,
  merge,
  mergeMap,
  NEVER,
  Observable,
  observeOn,
  of,
  range,
  scan,
  share,
  Subject,
  Subscriber,
  subscribeOn,
  switchMap,
  take,
  tap,
  throwError,
  toArray,
  type OperatorFunction,
  type Subscription,
} from 'rxjs';
import { boundStream, outsideStreams } from '../../src/context/bound-stream';
import { until } from '../support/until';
import { currentFlow } from '../../src/context/flow';
import { here, storage } from './named-flows';

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

describe('A subscription made inside of a bound stream', () => {
  const seen: unknown[] = [];
  const see = <Value>(): OperatorFunction<Value, Value> =>
    tap({
      next: () => seen.push(here()),
      complete: () => seen.push(`${String(here())} over`),
      unsubscribe: () => seen.push(`${String(here())} left`),
    });
  const subscribeAs = (flow: string, stream: Observable<unknown>): Subscription =>
    storage.run(flow, () => boundStream(stream, currentFlow).subscribe());
  beforeEach(() => {
    seen.length = 0;
  });

  it('runs in the flow of the stream, however deep it is', () => {
    const hot = new Subject<number>();
    const depth3 = merge(
      defer(() => combineLatest([of(1).pipe(switchMap(() => hot.pipe(see())))])),
      NEVER,
    );
    subscribeAs('a', depth3.pipe(see()));
    storage.run('b', () => {
      hot.next(1);
      hot.next(2);
    });
    expect(seen).toEqual(['a', 'a', 'a', 'a']);
  });

  it('is left in the flow of the stream', () => {
    const hot = new Subject<number>();
    const subscription = subscribeAs('a', merge(hot.pipe(see()), NEVER));
    storage.run('b', () => {
      subscription.unsubscribe();
    });
    expect([seen, hot.observed]).toEqual([['a left'], false]);
  });

  it('belongs to the stream that runs, when the stream of one feeds that of another', () => {
    const [hot, relay] = [new Subject<number>(), new Subject<number>()];
    subscribeAs('a', defer(() => relay.pipe(see(), mergeMap(() => of(1).pipe(see()))))); // prettier-ignore
    subscribeAs('b', hot.pipe(tap((value) => { relay.next(value); }), see())); // prettier-ignore
    storage.run('c', () => {
      hot.next(1);
    });
    expect(seen).toEqual(['a', 'a', 'a over', 'b']);
  });

  it('belongs to each subscriber behind a share, and to the first before it', () => {
    const hot = new Subject<number>();
    const shared = hot.pipe(see(), share());
    for (const flow of ['a', 'b']) subscribeAs(flow, shared.pipe(see()));
    storage.run('c', () => {
      hot.next(1);
    });
    expect(seen).toEqual(['a', 'a', 'b']);
  });

  it('may be made later, by a scheduler that two streams share', async () => {
    const late = of(1).pipe(see(), subscribeOn(asapScheduler), observeOn(asapScheduler), see());
    for (const flow of ['a', 'b']) subscribeAs(flow, late);
    await setImmediate();
    await setImmediate();
    expect(seen.filter((each) => each === 'a')).toHaveLength(2);
    expect(seen.filter((each) => each === 'b')).toHaveLength(2);
  });

  it('may be of another copy of RxJS', () => {
    jest.isolateModules(() => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a second copy
      const other = require('rxjs') as typeof import('rxjs');
      const hot = new other.Subject<number>();
      const theirs = other.merge(hot.pipe(other.tap(() => seen.push(here()))), other.NEVER);
      expect(theirs).not.toBeInstanceOf(Observable);
      const subscription = subscribeAs('a', theirs);
      storage.run('b', () => {
        hot.next(1);
        subscription.unsubscribe();
      });
      expect([seen, hot.observed]).toEqual([['a'], false]);
    });
  });

  it('is not taken for one where code outside of the stream makes it', () => {
    const [hot, jobs] = [new Subject<number>(), new Subject<number>()];
    const start = (): void => void outsideStreams(() => jobs.pipe(see()).subscribe());
    subscribeAs('a', hot.pipe(tap(start)));
    hot.next(1);
    storage.run('b', () => {
      jobs.next(1);
    });
    expect(seen).toEqual(['b']);
  });

  it('keeps a scope that an operator has opened for it', () => {
    const hot = new Subject<number>();
    const scoped = new Observable((subscriber) =>
      storage.run('inside', () => boundStream(hot.pipe(see()), currentFlow).subscribe(subscriber)),
    );
    subscribeAs('a', scoped.pipe(see()));
    storage.run('b', () => {
      hot.next(1);
    });
    expect(seen).toEqual(['inside', 'a']);
  });

  it('is what RxJS makes of it, whatever the observer is', async () => {
    const failures: unknown[] = [];
    config.onUnhandledError = (error) => failures.push(error);
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as operators do
    const observer = new Subscriber<unknown>({ next: (value: unknown) => seen.push(value) } as never);
    const failing = throwError(() => new Error('nobody listens'));
    const each = new Observable((subscriber) => {
      expect(of(1).subscribe(observer)).toBe(observer);
      of(2).subscribe((value) => seen.push(value));
      of(3).subscribe({ complete: () => seen.push('over') });
      of(4).subscribe();
      failing.subscribe();
      subscriber.complete();
    });
    subscribeAs('a', each);
    expect(seen).toEqual([1, 2, 'over']);
    await until(() => failures.length > 0); // reported by a timer
    config.onUnhandledError = null;
    expect(failures).toEqual([new Error('nobody listens')]);
  });
});

function throwNow(): number {
  throw new Error('now');
}
