import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { types } from 'node:util';
import fc from 'fast-check';
import {
  connectable,
  defer,
  finalize,
  firstValueFrom,
  from,
  isObservable,
  lastValueFrom,
  map,
  mergeMap,
  Observable,
  of,
  Subject,
  tap,
  toArray,
  type Operator,
} from 'rxjs';
import { startTracker } from './start-tracker';

/** Of an application, or of its tracing: what any flow carries besides the scopes. */
const flow = new AsyncLocalStorage<string>();

const scope = { user_id: 1 };

describe('A promise of a body', () => {
  it('is a native promise, as an async function gives one', async () => {
    const { tracker } = await startTracker();
    const given = tracker.context(scope, () => Promise.resolve(7));
    expect(types.isPromise(given)).toBe(true);
    expect(await given).toBe(7);
  });

  it('keeps what its maker put on it', async () => {
    class Cancellable extends Promise<number> {
      readonly #reason = 'cancelled';

      cancel(): string {
        return this.#reason;
      }
    }
    const { tracker, contexts } = await startTracker();
    const given = tracker.context(scope, () => new Cancellable((resolve) => resolve(7)));
    expect(given).toBeInstanceOf(Cancellable);
    expect(given.cancel()).toBe('cancelled');
    expect(await given).toBe(7);
    const chained = given.then((value) => {
      tracker.emit('reader');
      return value + 1;
    });
    expect(chained).toBeInstanceOf(Cancellable);
    expect(await chained).toBe(8);
    expect(contexts()).toEqual([{}]);
  });

  it.each<[string, (emit: () => void) => unknown]>([
    [
      'an Observable',
      (emit) =>
        defer(() => {
          emit();
          return of(1);
        }),
    ],
    [
      'an async generator',
      async function* (emit) {
        await turn();
        emit();
        yield 1;
      },
    ],
    [
      'a generator',
      function* (emit) {
        emit();
        yield 1;
      },
    ],
  ])('may resolve to %s, which works inside the scope', async (_kind, make) => {
    const { tracker, contexts } = await startTracker();
    const given = await tracker.context(scope, async () => {
      await turn();
      return make(() => tracker.emit('inside'));
    });
    const values: unknown[] = [];
    if (isObservable(given)) values.push(await lastValueFrom(given));
    else for await (const value of given as AsyncIterable<number>) values.push(value);
    expect(values).toEqual([1]);
    expect(contexts()).toEqual([scope]);
  });

  it('may resolve to what is no work: that very thing', async () => {
    const { tracker } = await startTracker();
    const subject = new Subject();
    for (const value of [subject, [1], new Map(), { a: 1 }, 'text', null]) {
      expect(await tracker.context(scope, async () => Promise.resolve(value))).toBe(value);
    }
  });
});

describe('A generator of a body', () => {
  it('is advanced inside the scope, and its reader stays outside', async () => {
    const { tracker, contexts } = await startTracker();
    const numbers = tracker.context(scope, function* () {
      try {
        tracker.emit('inside');
        yield 1;
        tracker.emit('inside');
        yield 2;
      } finally {
        tracker.emit('inside');
      }
    });
    for (const number of numbers) {
      tracker.emit('outside');
      if (number === 2) break;
    }
    expect(contexts('inside')).toEqual([scope, scope, scope]);
    expect(contexts('outside')).toEqual([{}, {}]);
  });

  it('gets what next, return and throw are given, and can be spread and destructured', async () => {
    const { tracker } = await startTracker();
    const echo = function* (): Generator<string, string, string> {
      let given = 'nothing yet';
      for (;;) {
        try {
          given = yield given;
        } catch (error) {
          given = String(error);
        }
      }
    };
    const iterator = tracker.context(scope, echo);
    expect(iterator.next('ignored')).toEqual({ done: false, value: 'nothing yet' });
    expect(iterator.next('a')).toEqual({ done: false, value: 'a' });
    expect(iterator.throw('b')).toEqual({ done: false, value: 'b' });
    expect(iterator.return('end')).toEqual({ done: true, value: 'end' });
    expect([...tracker.context(scope, () => [1, 2].values())]).toEqual([1, 2]);
    const [first] = tracker.context(scope, () => new Map([['a', 1]]).keys());
    expect(first).toBe('a');
  });
});

describe('A thenable of a body', () => {
  /**
   * As the query builders of databases: it does its work when it is awaited, and again each time.
   */
  function builder(run: () => void) {
    class Query {
      #table = 'users';

      where(condition: string): this {
        this.#table += ` where ${condition}`;
        return this;
      }

      then<A, B>(resolve?: (value: string) => A, reject?: (error: unknown) => B): Promise<A | B> {
        run();
        return Promise.resolve(this.#table).then(resolve, reject);
      }

      async exec(): Promise<string> {
        run();
        return Promise.resolve(this.#table);
      }
    }
    return new Query();
  }

  it('is awaited inside the scope, keeps its methods, and its reader stays outside', async () => {
    const { tracker, contexts } = await startTracker();
    const query = (): ReturnType<typeof builder> => tracker.context(scope, () => builder(() => tracker.emit('inside')));
    expect(contexts()).toEqual([]);
    expect(await query()).toBe('users');
    expect(await query().where('a').where('b')).toBe('users where a where b');
    expect(await query().exec()).toBe('users');
    const length = await query().then((text) => {
      tracker.emit('outside');
      return text.length;
    });
    expect(length).toBe(5);
    expect(contexts('inside')).toEqual([scope, scope, scope, scope]);
    expect(contexts('outside')).toEqual([{}]);
  });
});

/* eslint-disable @typescript-eslint/no-deprecated -- what classes of RxJS 7 are made of */
describe('An Observable with methods of its own', () => {
  /** A class of an application, whose operators give its own kind. */
  class Rows extends Observable<number> {
    readonly #name: string;

    constructor(name: string, subscribe?: ConstructorParameters<typeof Observable<number>>[0]) {
      super(subscribe);
      this.#name = name;
    }

    get title(): string {
      return this.#name;
    }

    named(name: string): Rows {
      const rows = new Rows(name);
      rows.source = this;
      return rows;
    }

    override lift<R>(operator?: Operator<number, R>): Observable<R> {
      const rows = new Rows(`${this.#name}, lifted`);
      rows.source = this;
      (rows as { operator?: unknown }).operator = operator;
      return rows as unknown as Observable<R>;
    }
  }

  async function rowsIn(): Promise<{ rows: Rows; contexts(name?: string): object[]; emit(name: string): void }> {
    const { tracker, contexts } = await startTracker();
    const rows = tracker.context(
      scope,
      () =>
        new Rows('rows', (subscriber) => {
          tracker.emit('inside');
          subscriber.next(1);
          subscriber.next(2);
          subscriber.complete();
        }),
    );
    return { rows, contexts, emit: (name) => tracker.emit(name) };
  }

  it('is the same kind of object', async () => {
    const { rows, contexts } = await rowsIn();
    expect(rows).toBeInstanceOf(Rows);
    expect(isObservable(rows)).toBe(true);
    expect(rows.title).toBe('rows');
    expect(contexts()).toEqual([]);
  });

  it.each<[string, (rows: Rows) => unknown, unknown]>([
    ['subscribe', (rows) => new Promise((complete) => rows.subscribe({ complete: () => complete('over') })), 'over'],
    ['pipe', (rows) => lastValueFrom(rows.pipe(toArray())), [1, 2]],
    ['pipe, twice', (rows) => lastValueFrom(rows.pipe(map((n) => n + 1)).pipe(toArray())), [2, 3]],
    ['forEach', (rows) => rows.forEach(() => undefined), undefined],
    ['toPromise', (rows) => rows.toPromise(), 2],
    ['from', (rows) => lastValueFrom(from(rows)), 2],
    ['an operator that subscribes to it', (rows) => lastValueFrom(of(0).pipe(mergeMap(() => rows))), 2],
    ['a method of its own that gives another one', (rows) => lastValueFrom(rows.named('other')), 2],
  ])('works inside the scope when it is used by %s', async (_how, use, expected) => {
    const { rows, contexts } = await rowsIn();
    expect(await use(rows)).toEqual(expected);
    expect(contexts()).toEqual([scope]);
  });

  it('keeps its class through operators', async () => {
    const { rows } = await rowsIn();
    const lifted = rows.pipe(map((value) => value)) as unknown as Rows;
    expect(lifted).toBeInstanceOf(Rows);
    expect(lifted.title).toBe('rows, lifted');
    expect(rows.pipe()).toBe(rows);
  });

  it('keeps its reader outside of the scope', async () => {
    const { rows, contexts, emit } = await rowsIn();
    await lastValueFrom(rows.pipe(tap(() => emit('outside'))));
    expect(contexts('outside')).toEqual([{}, {}]);
  });

  it('works inside the scope when it is connected', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context(scope, () =>
      connectable(
        defer(() => {
          tracker.emit('inside');
          return of(1);
        }),
      ),
    );
    const first = firstValueFrom(stream);
    stream.connect();
    expect(await first).toBe(1);
    expect(contexts()).toEqual([scope]);
  });

  it('can still be fed where it was made of a Subject', async () => {
    const { tracker } = await startTracker();
    const subject = new Subject<number>();
    const doubled = tracker.context(scope, () => subject.pipe(map((value) => value * 2)));
    const first = firstValueFrom(doubled);
    (doubled as Subject<number>).next(2);
    expect(await first).toBe(4);
  });
});

/* eslint-enable @typescript-eslint/no-deprecated */

describe('What a body gives back, between the flow of the call, that of the reader and that of who feeds it', () => {
  it('hands each value, error and end to the reader in the whole flow of the reader', async () => {
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

  it('works in the whole flow of the call, whoever subscribes, awaits or advances it', async () => {
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

  it('never gives a reader the flow of another one, in whatever order they come and are fed', async () => {
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
