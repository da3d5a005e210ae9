import { createReadStream } from 'node:fs';
import { finished, PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Injectable, StreamableFile } from '@nestjs/common';
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
import { TrackEvent, type TrackOutcome } from 'nestjs-event-tracking';
import { startTracking, type BuiltTracking } from '../support/start-tracking';

type Seen = Pick<TrackOutcome<unknown[], unknown>, 'result' | 'error' | 'count'> & { ending: string };

/**
 * A provider with one tracked method, which gives what the test says; `seen` is how its calls
 * ended.
 */
async function tracked<Result>(give: () => Result): Promise<BuiltTracking & { call(): Result; seen: Seen[] }> {
  const seen: Seen[] = [];
  const data = (ending: string) => {
    return ({ result, error, count }: TrackOutcome<unknown[], unknown>): object => {
      seen.push({ ending, result, error, count });
      return {};
    };
  };
  @Injectable()
  class Service {
    @TrackEvent('ended', { on: 'settled', data: data('ended') })
    @TrackEvent('succeeded', data('succeeded'))
    @TrackEvent('failed', { on: 'error', data: data('failed') })
    call(): unknown {
      return give();
    }
  }
  const run = await startTracking({}, { providers: [Service] });
  return Object.assign(run, { call: () => run.app.get(Service).call() as Result, seen });
}

const failure = new Error('no');
const success = (result: unknown, count: number): Seen[] => [
  { ending: 'succeeded', result, error: undefined, count },
  { ending: 'ended', result, error: undefined, count },
];
const failed = (result: unknown, count: number): Seen[] => [
  { ending: 'failed', result, error: failure, count },
  { ending: 'ended', result, error: failure, count },
];
const left = (result: unknown, count: number): Seen[] => [{ ending: 'ended', result, error: undefined, count }];

async function read<T>(iterable: AsyncIterable<T> | Iterable<T>, most = Infinity): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) if (values.push(value) >= most) break;
  return values;
}

describe('@TrackEvent on a method that promises what has not begun', () => {
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

  it('ends at once with anything else', async () => {
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

  it('is left, fails by itself, and fails by what is thrown into it', async () => {
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

  it('is not what a list, a Map, a Set, a text or another iterable is', async () => {
    const iterable = { [Symbol.iterator]: numbers };
    const asyncIterable = { [Symbol.asyncIterator]: async function* () {} };
    for (const value of [[1], new Map([[1, 2]]), new Set([1]), Object('text'), iterable, asyncIterable] as unknown[]) {
      const run = await tracked(() => value);
      expect(run.call()).toBe(value);
      expect(run.seen).toEqual(success(value, 1));
    }
  });

  it('is what the iterator of a list or Map is', async () => {
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

  it('keeps what operators put on it', async () => {
    const run = await tracked(() => of(1, 2, 3).pipe(groupBy((n) => n % 2)));
    const groups = await lastValueFrom(run.call().pipe(toArray()));
    expect(groups.map((group: GroupedObservable<number, number>) => group.key)).toEqual([1, 0]);
    const inner = await tracked(() => Object.assign(of(1), { key: 'a' }));
    expect(inner.call().key).toBe('a');
    expect(await lastValueFrom(inner.call())).toBe(1);
    expect(inner.seen).toEqual(success(1, 1));
  });

  it('gives back a Subject of any class, which its maker feeds', async () => {
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

describe('@TrackEvent on a readable stream', () => {
  it('ends when it has been read, without starting it', async () => {
    const stream = Readable.from(['a', 'b']);
    const run = await tracked(() => stream);
    const given = run.call();
    expect(given).toBe(stream);
    await turn();
    expect(stream.readableFlowing).toBe(null);
    expect(run.seen).toEqual([]);
    expect(await read(given)).toEqual(['a', 'b']);
    expect(run.seen).toEqual(success(stream, 1));
  });

  it.each<[string, (stream: Readable) => unknown]>([
    ['resumed', (stream) => stream.resume()],
    ['piped', (stream) => stream.pipe(new PassThrough()).resume()],
    ['read by a listener', (stream) => stream.on('data', () => {})],
  ])('ends when it is %s', async (_how, start) => {
    const run = await tracked(async () => Promise.resolve(Readable.from(['a'])));
    const stream = await run.call();
    start(stream);
    await new Promise((resolve) => finished(stream, resolve));
    expect(run.seen).toEqual(success(stream, 1));
  });

  it('fails with its error, which is still the affair of its reader', async () => {
    const run = await tracked(() => new Readable({ read() {} }));
    const stream = run.call();
    const heard: unknown[] = [];
    stream.on('error', (error) => heard.push(error));
    stream.destroy(failure);
    await new Promise((resolve) => stream.once('close', resolve));
    expect(heard).toEqual([failure]);
    expect(run.seen).toEqual(failed(stream, 0));
    const unheard = run.call();
    expect(unheard.listenerCount('error')).toBe(0);
    expect(() => unheard.emit('error', failure)).toThrow('no');
  });

  it('is left when it is closed before its end', async () => {
    const run = await tracked(() => Readable.from(['a', 'b', 'c']));
    const stream = run.call();
    expect(await read(stream, 1)).toEqual(['a']);
    await new Promise((resolve) => finished(stream, resolve));
    expect(run.seen).toEqual(left(stream, 0));
  });

  it('ends at once if it was over before', async () => {
    const over = Readable.from(['a']).resume();
    await new Promise((resolve) => over.once('close', resolve));
    const run = await tracked(() => over);
    run.call();
    expect(run.seen).toEqual(success(over, 1));
    const closed = new Readable({ read() {} }).destroy();
    const leaving = await tracked(() => closed);
    leaving.call();
    expect(leaving.seen).toEqual(left(closed, 0));
  });

  it('ends as a file of Nest when that has been sent', async () => {
    const run = await tracked(() => new StreamableFile(createReadStream(__filename)));
    const file = run.call();
    expect(run.seen).toEqual([]);
    expect(String(await read(file.getStream()))).toContain('as a file of Nest');
    expect(run.seen).toEqual(success(file, 1));
    const bytes = await tracked(() => new StreamableFile(Buffer.from('content')));
    const given = bytes.call();
    await read(given.getStream());
    expect(bytes.seen).toEqual(success(given, 1));
  });
});

describe('@TrackEvent on a thenable with other ways to its end', () => {
  class Query {
    runs = 0;

    where(): this {
      return this;
    }

    clone(): Query {
      return new Query();
    }

    then<A, B>(resolve?: (value: number) => A, reject?: (error: unknown) => B): Promise<A | B> {
      return this.exec().then(resolve, reject);
    }

    async exec(): Promise<number> {
      this.runs++;
      return Promise.resolve(7);
    }

    async fails(): Promise<never> {
      this.runs++;
      return Promise.reject(failure);
    }

    async *[Symbol.asyncIterator](): AsyncGenerator<number> {
      this.runs++;
      yield await Promise.resolve(1);
      yield 2;
    }

    cursor(): AsyncGenerator<number> {
      return this[Symbol.asyncIterator]();
    }

    stream(): Readable {
      return Readable.from(this);
    }
  }

  it.each<[string, (query: Query) => unknown, Seen[]]>([
    ['awaited', async (query) => query, success(7, 1)],
    ['awaited after a chain', async (query) => query.where().where(), success(7, 1)],
    ['awaited as a copy', async (query) => query.clone(), success(7, 1)],
    ['run', async (query) => query.exec(), success(7, 1)],
    ['run, and fails', async (query) => query.fails().catch(() => undefined), failed(undefined, 0)],
    ['iterated', async (query) => read(query), success(2, 2)],
    ['iterated, and left', async (query) => read(query, 1), left(1, 1)],
    ['iterated by a cursor', async (query) => read(query.cursor()), success(2, 2)],
    ['read as a stream', async (query) => read(query.stream()), success(undefined, 0)],
  ])('ends once when it is %s', async (_how, use, seen) => {
    const run = await tracked(() => new Query());
    const query = run.call();
    await turn();
    expect(query.runs).toBe(0);
    await use(query);
    expect(run.seen).toEqual(seen);
    expect(query.runs).toBeLessThanOrEqual(1);
  });

  it('keeps the classes that it holds, and the properties of its methods', async () => {
    class Model {
      static readonly collectionName = 'models';
    }
    const query = Object.assign(new Query(), { model: Model, spy: jest.fn(() => 3) });
    const run = await tracked(() => query);
    const given = run.call();
    expect(given.model).toBe(Model);
    expect(given.spy()).toBe(3);
    expect(given.spy).toHaveBeenCalledTimes(1);
    expect(given.where).toBe(given.where);
  });

  it('keeps a catch with several arguments, and the class of what it gives', async () => {
    /** As Bluebird, whose `catch` takes the class of the error first. */
    class Blue<T> {
      constructor(private readonly promise: Promise<T>) {}

      then(resolve?: (value: T) => unknown, reject?: (error: unknown) => unknown): Blue<unknown> {
        return new Blue(this.promise.then(resolve, reject));
      }

      catch(type: unknown, handler: (error: unknown) => unknown): Blue<unknown> {
        return this.then(undefined, (error: unknown) => {
          if (error instanceof (type as typeof Error)) return handler(error);
          throw error;
        });
      }
    }
    const run = await tracked(() => new Blue(Promise.reject(failure)));
    const caught = run.call().catch(Error, () => 'caught');
    expect(caught).toBeInstanceOf(Blue);
    expect(await caught).toBe('caught');
    await expect(run.call().catch(TypeError, () => 'caught')).rejects.toBe(failure);
    expect(run.seen).toEqual([...failed(undefined, 0), ...failed(undefined, 0)]);
  });
});
