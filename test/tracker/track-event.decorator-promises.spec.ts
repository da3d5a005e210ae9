import { types } from 'node:util';
import { anyDuration, fail, failure, tracked } from './track-event-parts';

describe('@TrackEvent on a method that returns a promise', () => {
  it('emits when it is resolved, before the caller goes on', async () => {
    const run = await tracked(async () => Promise.resolve('r'));
    const promise = run.call();
    expect(run.names()).toEqual([]);
    expect(await promise).toBe('r');
    expect(run.seen).toEqual([{ args: [], result: 'r', error: undefined, durationMs: anyDuration, count: 1 }]);
    expect(run.names()).toEqual(['done']);
  });

  it('emits when it is rejected, and the caller gets the very error', async () => {
    const run = await tracked(async () => Promise.reject(failure));
    await expect(run.call()).rejects.toBe(failure);
    expect(run.seen).toEqual([{ args: [], result: undefined, error: failure, durationMs: anyDuration, count: 0 }]);
  });

  it('gives back a native promise, as an async method does', async () => {
    const promise = Promise.resolve('r');
    const run = await tracked(() => promise);
    const given = run.call() as Promise<string>;
    expect(given).not.toBe(promise);
    expect(types.isPromise(given)).toBe(true);
    expect(given.constructor).toBe(Promise);
  });

  it('keeps what its maker put on it, and emits when it is awaited', async () => {
    class Cancellable extends Promise<string> {
      readonly #reason = 'cancelled';

      cancel(): string {
        return this.#reason;
      }
    }
    const run = await tracked((value: unknown) => value);
    const given = run.call(new Cancellable((resolve) => resolve('r'))) as Cancellable;
    expect(given).toBeInstanceOf(Cancellable);
    expect(given.cancel()).toBe('cancelled');
    expect(run.names()).toEqual([]);
    expect(await given).toBe('r');
    expect(run.seen).toEqual([expect.objectContaining({ result: 'r', count: 1 })]);
    expect(given.then((text) => text.length)).toBeInstanceOf(Cancellable);
    expect(given.catch(() => '')).toBeInstanceOf(Cancellable);
    expect(given.finally(() => undefined)).toBeInstanceOf(Cancellable);
    // As the promise of an HTTP client, whose response has several readers.
    const response = Object.assign(Promise.resolve('r'), { json: async () => Promise.resolve({ a: 1 }) });
    const json = (run.call(response) as typeof response).json();
    expect(await json).toEqual({ a: 1 });
    expect(run.seen.slice(1)).toEqual([expect.objectContaining({ result: { a: 1 }, count: 1 })]);
  });
});

describe('@TrackEvent on a method that returns another thenable', () => {
  /**
   * As the query builders of databases: it does its work when it is awaited, and anew each time.
   */
  class Query {
    #table = 'users';
    runs = 0;

    where(condition: string): this {
      this.#table += ` where ${condition}`;
      return this;
    }

    then<A, B>(resolve?: (value: string) => A, reject?: (error: unknown) => B): Promise<A | B> {
      this.runs++;
      return Promise.resolve(this.#table).then(resolve, reject);
    }
  }

  it('emits when it is awaited, and does not run it on its own account', async () => {
    const query = new Query();
    const run = await tracked(() => query);
    const given = run.call() as Query;
    await Promise.resolve();
    expect(query.runs).toBe(0);
    expect(run.names()).toEqual([]);
    expect(await given).toBe('users');
    expect(query.runs).toBe(1);
    expect(run.seen).toEqual([expect.objectContaining({ result: 'users', count: 1 })]);
  });

  it('gives back what still has its methods, in a chain too', async () => {
    const run = await tracked(() => new Query());
    const given = run.call() as Query;
    expect(given).toBeInstanceOf(Query);
    expect(await given.where('id = 1').where('b')).toBe('users where id = 1 where b');
    expect(run.names()).toEqual(['done']);
  });

  it('emits when it is asked by catch or finally too', async () => {
    class FailingQuery {
      then<B>(resolve: null | undefined, reject: (error: unknown) => B): Promise<B> {
        return Promise.reject(failure).then(resolve, reject);
      }

      catch<B>(reject: (error: unknown) => B): Promise<B> {
        return this.then(undefined, reject);
      }

      finally(): void {}
    }
    const run = await tracked(() => new FailingQuery());
    const given = run.call() as FailingQuery;
    expect(await given.catch(() => 'caught')).toBe('caught');
    const order: string[] = [];
    const again = run.call() as Promise<string>;
    await expect(again.finally(() => order.push('finally'))).rejects.toBe(failure);
    expect(order).toEqual(['finally']);
    expect(run.seen.map(({ error }) => error)).toEqual([failure, failure]);
  });

  it('emits once, however often it is awaited', async () => {
    const run = await tracked(() => new Query());
    const given = run.call() as Query;
    await given;
    await given;
    expect(run.names()).toEqual(['done']);
  });

  it('emits for one that only calls back, and for one that fails', async () => {
    const run = await tracked((thenable: unknown) => thenable);
    expect(await run.call({ then: (resolve: (value: number) => void) => resolve(7) })).toBe(7);
    await expect(run.call({ then: (_: unknown, reject: (error: unknown) => void) => reject(failure) })).rejects.toBe(
      failure,
    );
    await expect(Promise.resolve(run.call({ then: fail }))).rejects.toBe(failure);
    expect(run.seen.map(({ result, error, count }) => ({ result, error, count }))).toEqual([
      { result: 7, error: undefined, count: 1 },
      { result: undefined, error: failure, count: 0 },
      { result: undefined, error: failure, count: 0 },
    ]);
  });
});
