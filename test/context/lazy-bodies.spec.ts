import { setImmediate as turn } from 'node:timers/promises';
import { types } from 'node:util';
import { defer, isObservable, lastValueFrom, of, Subject } from 'rxjs';
import { startTracker } from './start-tracker';

const scope = { user_id: 1 };

describe('A promise of a body', () => {
  it('is a native promise, as an async function gives one', async () => {
    const { tracker } = await startTracker();
    const given = tracker.context(scope, () => Promise.resolve(7));
    expect(types.isPromise(given)).toBe(true);
    expect(await given).toBe(7);
  });

  it('keeps the properties that its creator added', async () => {
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

  it('may resolve to a value that is not lazy, and resolves to that very value', async () => {
    const { tracker } = await startTracker();
    const subject = new Subject();
    for (const value of [subject, [1], new Map(), { a: 1 }, 'text', null]) {
      expect(await tracker.context(scope, async () => Promise.resolve(value))).toBe(value);
    }
  });
});

describe('A generator of a body', () => {
  it('is advanced inside the scope, while its reader stays outside', async () => {
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

  it('receives the arguments of next, return and throw, and can be spread and destructured', async () => {
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

  it('is awaited inside the scope and keeps its methods, while its reader stays outside', async () => {
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
