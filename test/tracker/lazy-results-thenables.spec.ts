import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { type Seen, failed, failure, left, read, success, tracked } from './lazy-result-parts';

describe('@TrackEvent on a thenable with several ways to run', () => {
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

  it('keeps a catch with several arguments, and the class of its result', async () => {
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
