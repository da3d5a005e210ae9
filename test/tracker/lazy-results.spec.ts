import { setImmediate as turn } from 'node:timers/promises';
import {
  BehaviorSubject,
  concat,
  connectable,
  firstValueFrom,
  groupBy,
  isObservable,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  throwError,
  toArray,
  type GroupedObservable,
} from 'rxjs';
import { failed, failure, left, read, success, tracked } from './lazy-result-parts';

describe('@TrackEvent on a method that resolves to a lazy result', () => {
  it('ends with the Observable that it resolves to', async () => {
    const run = await tracked(async () => Promise.resolve(of(1, 2, 3)));
    const stream = await run.call();
    expect(run.seen).toEqual([]);
    expect(await lastValueFrom(stream.pipe(toArray()))).toEqual([1, 2, 3]);
    expect(run.seen).toEqual(success(3, 3));
    const failing = await tracked(async () =>
      Promise.resolve(
        concat(
          of(1),
          throwError(() => failure),
        ),
      ),
    );
    await expect(lastValueFrom(await failing.call())).rejects.toBe(failure);
    expect(failing.seen).toEqual(failed(1, 1));
    const leaving = await tracked(async () => Promise.resolve(concat(of(1), NEVER)));
    expect(await firstValueFrom(await leaving.call())).toBe(1);
    expect(leaving.seen).toEqual(left(1, 1));
  });

  it('ends with the iterator that it resolves to, of either sort', async () => {
    const run = await tracked(async () => Promise.resolve([1, 2].values()));
    expect(await read(await run.call())).toEqual([1, 2]);
    expect(run.seen).toEqual(success(2, 2));
    const later = await tracked(async () => {
      await turn();
      return (async function* () {
        yield await Promise.resolve(1);
        throw failure;
      })();
    });
    const iterator = await later.call();
    expect(later.seen).toEqual([]);
    await expect(read(iterator)).rejects.toBe(failure);
    expect(later.seen).toEqual(failed(1, 1));
  });

  it('ends at once with any other value', async () => {
    for (const value of [new Subject(), [1], new Map([[1, 2]]), new Set([1]), 'text', null, { next: 1 }]) {
      const run = await tracked(async () => Promise.resolve(value));
      expect(await run.call()).toBe(value);
      expect(run.seen).toEqual(success(value, 1));
    }
  });

  it('fails where it rejects', async () => {
    const run = await tracked(async () => Promise.reject(failure));
    await expect(run.call()).rejects.toBe(failure);
    expect(run.seen).toEqual(failed(undefined, 0));
  });
});

describe('@TrackEvent on a generator', () => {
  function* numbers(): Generator<number, string, number | undefined> {
    yield 1;
    yield 2;
    return 'end';
  }

  it('ends when it is exhausted, not when it is made', async () => {
    const run = await tracked(numbers);
    const given = run.call();
    expect(run.seen).toEqual([]);
    expect([...given]).toEqual([1, 2]);
    expect(run.seen).toEqual(success(2, 2));
    expect(given.next()).toEqual({ done: true, value: undefined });
    expect(run.seen).toHaveLength(2);
  });

  it('is cancelled, fails by itself, and fails by an error that is thrown into it', async () => {
    const run = await tracked(numbers);
    expect(await read(run.call(), 1)).toEqual([1]);
    expect(run.seen.splice(0)).toEqual(left(1, 1));
    expect(run.call().return('early')).toEqual({ done: true, value: 'early' });
    expect(run.seen.splice(0)).toEqual(left(undefined, 0));
    const thrown = run.call();
    thrown.next();
    expect(() => thrown.throw(failure)).toThrow(failure);
    expect(run.seen.splice(0)).toEqual(failed(1, 1));
    const failing = await tracked(function* () {
      yield 1;
      throw failure;
    });
    expect(() => [...failing.call()]).toThrow(failure);
    expect(failing.seen).toEqual(failed(1, 1));
  });

  it('does not wait for the end of a list, a Map, a Set, a string or another iterable', async () => {
    const iterable = { [Symbol.iterator]: numbers };
    const asyncIterable = { [Symbol.asyncIterator]: async function* () {} };
    for (const value of [[1], new Map([[1, 2]]), new Set([1]), Object('text'), iterable, asyncIterable] as unknown[]) {
      const run = await tracked(() => value);
      expect(run.call()).toBe(value);
      expect(run.seen).toEqual(success(value, 1));
    }
  });

  it('waits for the end of the iterator of a list or Map', async () => {
    const run = await tracked(() => new Map([['a', 1]]).entries());
    expect(Object.fromEntries(run.call())).toEqual({ a: 1 });
    expect(run.seen).toEqual(success(['a', 1], 1));
  });
});

describe('@TrackEvent on a cursor of a database', () => {
  /** As those that give the document itself, and null after the last one. */
  class Cursor {
    #at = 0;
    closed = false;

    async next(): Promise<{ at: number } | null> {
      await turn();
      this.#at++;
      return this.#at > 2 ? null : { at: this.#at };
    }

    async hasNext(): Promise<boolean> {
      return Promise.resolve(this.#at < 2);
    }

    async *[Symbol.asyncIterator](): AsyncGenerator<{ at: number }> {
      for (let each = await this.next(); each !== null; each = await this.next()) yield each;
    }
  }

  it('ends after the last document, however it is read', async () => {
    const run = await tracked(() => new Cursor());
    const cursor = run.call();
    expect(await cursor.hasNext()).toBe(true);
    while ((await cursor.next()) !== null) expect(run.seen).toEqual([]);
    expect(run.seen.splice(0)).toEqual(success({ at: 2 }, 2));
    expect(await read(run.call())).toEqual([{ at: 1 }, { at: 2 }]);
    expect(run.seen).toEqual(success({ at: 2 }, 2));
  });
});

describe('@TrackEvent on an Observable with methods of its own', () => {
  it('keeps them, and ends with each subscription', async () => {
    const run = await tracked(() => connectable(of(1, 2), { connector: () => new Subject() }));
    const given = run.call();
    expect(isObservable(given)).toBe(true);
    expect(given).toBeInstanceOf(Observable);
    const all = lastValueFrom(given.pipe(toArray()));
    given.connect();
    expect(await all).toEqual([1, 2]);
    expect(run.seen).toEqual(success(2, 2));
  });

  it('keeps the properties that operators add', async () => {
    const run = await tracked(() => of(1, 2, 3).pipe(groupBy((n) => n % 2)));
    const groups = await lastValueFrom(run.call().pipe(toArray()));
    expect(groups.map((group: GroupedObservable<number, number>) => group.key)).toEqual([1, 0]);
    const inner = await tracked(() => Object.assign(of(1), { key: 'a' }));
    expect(inner.call().key).toBe('a');
    expect(await lastValueFrom(inner.call())).toBe(1);
    expect(inner.seen).toEqual(success(1, 1));
  });

  it('returns a Subject of any class, which its creator can feed', async () => {
    class Room extends BehaviorSubject<string> {
      readonly #name = 'room';

      title(): string {
        return this.#name;
      }
    }
    const room = new Room('open');
    const run = await tracked(() => room);
    expect(run.call()).toBe(room);
    expect(run.seen).toEqual(success(room, 1));
    const piped = await tracked(() => room.pipe(map((text) => text.length)));
    expect(await firstValueFrom(piped.call())).toBe(4);
    expect(piped.seen).toEqual(left(4, 1));
  });
});
