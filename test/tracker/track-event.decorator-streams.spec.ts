import {
  BehaviorSubject,
  concat,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  retry,
  Subject,
  throwError,
  toArray,
} from 'rxjs';
import { anyDuration, failure, tracked, valuesOf } from './track-event-parts';

describe('@TrackEvent on a method that returns an Observable', () => {
  it('emits when it is complete, with the last value and how many there were', async () => {
    const run = await tracked(() => of('a', 'b', 'c'));
    const given = run.call() as Observable<string>;
    expect(run.names()).toEqual([]);
    expect(await lastValueFrom(given.pipe(toArray()))).toEqual(['a', 'b', 'c']);
    expect(run.seen).toEqual([{ args: [], result: 'c', error: undefined, durationMs: anyDuration, count: 3 }]);
  });

  it('emits when it fails, with the values before the failure', async () => {
    const run = await tracked(() =>
      concat(
        of(1, 2),
        throwError(() => failure),
      ),
    );
    await expect(lastValueFrom(run.call() as Observable<number>)).rejects.toBe(failure);
    expect(run.seen).toEqual([{ args: [], result: 2, error: failure, durationMs: anyDuration, count: 2 }]);
  });

  it('emits for settled only, when its reader leaves before the end', async () => {
    const run = await tracked(() => concat(of(1), NEVER));
    (run.call() as Observable<number>).subscribe().unsubscribe();
    expect(run.seen).toEqual([{ args: [], result: 1, error: undefined, durationMs: anyDuration, count: 1 }]);
    const others = await tracked(() => concat(of(1), NEVER), { on: 'success' });
    (others.call() as Observable<number>).subscribe().unsubscribe();
    expect(others.names()).toEqual([]);
  });

  it('does not subscribe on its own account, and emits for each subscription with counts of its own', async () => {
    let subscriptions = 0;
    const run = await tracked(
      () =>
        new Observable<number>((subscriber) => {
          subscriptions++;
          subscriber.next(subscriptions);
          if (subscriptions < 3) subscriber.error(failure);
          else subscriber.complete();
        }),
    );
    const given = run.call() as Observable<number>;
    expect(subscriptions).toBe(0);
    expect(await lastValueFrom(given.pipe(retry(2)))).toBe(3);
    expect(run.seen.map(({ result, error, count }) => ({ result, error, count }))).toEqual([
      { result: 1, error: failure, count: 1 },
      { result: 2, error: failure, count: 1 },
      { result: 3, error: undefined, count: 1 },
    ]);
  });

  it('gives back the very Subject, which its maker feeds, and emits at once', async () => {
    const subject = new BehaviorSubject(1);
    const run = await tracked(() => subject);
    expect(run.call()).toBe(subject);
    expect(run.names()).toEqual(['done']);
    expect(subject.observed).toBe(false);
  });

  it('emits in the flow of the call, wherever the values come from', async () => {
    const source = new Subject<number>();
    const run = await tracked(() => source.pipe(map((value) => value)));
    const values = { user_id: 1 };
    await new Promise<void>((resolve) => {
      run.tracker.context(values, () => (run.call() as Observable<number>).subscribe({ complete: resolve }));
      run.tracker.context({ user_id: 2 }, () => source.complete());
    });
    expect(run.last().context).toEqual({ user_id: 1 });
  });
});

describe('@TrackEvent on a method that returns an async iterator', () => {
  async function* letters(): AsyncGenerator<string, string, string | undefined> {
    yield await Promise.resolve('a');
    yield 'b';
    return 'end';
  }

  it('emits when it is exhausted, with the last value and how many there were', async () => {
    const run = await tracked(letters);
    const values: string[] = [];
    for await (const value of run.call() as AsyncIterable<string>) {
      expect(run.names()).toEqual([]);
      values.push(value);
    }
    expect(values).toEqual(['a', 'b']);
    expect(run.seen).toEqual([{ args: [], result: 'b', error: undefined, durationMs: anyDuration, count: 2 }]);
  });

  it('emits for settled only, when its reader leaves before the end', async () => {
    let isClosed = false;
    const run = await tracked(async function* () {
      try {
        yield await Promise.resolve(1);
        yield 2;
      } finally {
        isClosed = true;
      }
    });
    for await (const value of run.call() as AsyncIterable<number>) if (value === 1) break;
    expect(isClosed).toBe(true);
    expect(run.seen).toEqual([{ args: [], result: 1, error: undefined, durationMs: anyDuration, count: 1 }]);
  });

  it('emits when its reader leaves before it has begun', async () => {
    const run = await tracked(letters);
    const iterator = run.call() as AsyncGenerator<string, string>;
    expect(await iterator.return('left')).toEqual({ done: true, value: 'left' });
    expect(run.seen).toEqual([{ args: [], result: undefined, error: undefined, durationMs: anyDuration, count: 0 }]);
  });

  it('emits when it fails, with the values before the failure', async () => {
    const run = await tracked(async function* () {
      yield await Promise.resolve(1);
      throw failure;
    });
    await expect(valuesOf(run.call() as AsyncIterable<number>)).rejects.toBe(failure);
    expect(run.seen).toEqual([{ args: [], result: 1, error: failure, durationMs: anyDuration, count: 1 }]);
  });

  it('hands through what its reader says: next with a value, throw, and what it returns', async () => {
    const heard: unknown[] = [];
    const run = await tracked(async function* () {
      try {
        heard.push(yield await Promise.resolve(1));
        yield 2;
      } catch (error) {
        heard.push(error);
        yield 3;
      }
      return 'end';
    });
    const iterator = run.call() as AsyncGenerator<number, string, string>;
    expect(await iterator.next('ignored, as by every generator')).toEqual({ done: false, value: 1 });
    expect(await iterator.next('said')).toEqual({ done: false, value: 2 });
    expect(await iterator.throw(failure)).toEqual({ done: false, value: 3 });
    expect(run.names()).toEqual([]);
    expect(await iterator.next('')).toEqual({ done: true, value: 'end' });
    expect(await iterator.next('')).toEqual({ done: true, value: undefined });
    expect(heard).toEqual(['said', failure]);
    expect(run.seen).toEqual([{ args: [], result: 3, error: undefined, durationMs: anyDuration, count: 3 }]);
  });

  it('emits once it fails of what its reader throws into it', async () => {
    const run = await tracked(letters);
    const iterator = run.call() as AsyncGenerator<string, string>;
    await iterator.next();
    await expect(iterator.throw(failure)).rejects.toBe(failure);
    expect(run.seen).toEqual([{ args: [], result: 'a', error: failure, durationMs: anyDuration, count: 1 }]);
  });

  it('gives back what still has its own methods, such as a cursor that counts', async () => {
    class Cursor implements AsyncIterableIterator<number> {
      #at = 0;

      next(): Promise<IteratorResult<number>> {
        this.#at++;
        return Promise.resolve(this.#at > 2 ? { done: true, value: undefined } : { done: false, value: this.#at });
      }

      [Symbol.asyncIterator](): this {
        return this;
      }

      position(): number {
        return this.#at;
      }

      toString(): string {
        return `at ${String(this.#at)}`;
      }
    }
    const run = await tracked(() => new Cursor());
    const cursor = run.call() as Cursor;
    expect(await valuesOf(cursor)).toEqual([1, 2]);
    expect(cursor.position()).toBe(3);
    expect(String(cursor)).toBe('at 3');
    expect(cursor).toBeInstanceOf(Cursor);
    expect(run.seen).toEqual([expect.objectContaining({ result: 2, count: 2 })]);
  });

  it('emits in the flow of the call, wherever it is read', async () => {
    const run = await tracked(letters);
    const iterator = run.tracker.context({ user_id: 1 }, () => run.call()) as AsyncGenerator<string>;
    await run.tracker.context({ user_id: 2 }, async () => valuesOf(iterator));
    expect(run.last().context).toEqual({ user_id: 1 });
  });
});
