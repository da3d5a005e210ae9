import { EventEmitter, on } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { startTracker } from './start-tracker';

describe('An async iterator of a body', () => {
  it('is advanced inside the scope', async () => {
    const { tracker, contexts } = await startTracker();
    const numbers = tracker.context({ user_id: 1 }, async function* () {
      tracker.emit('inside');
      yield 1;
      await turn();
      tracker.emit('inside');
      yield 2;
      tracker.emit('inside');
      return 3;
    });
    const seen: number[] = [];
    for await (const number of numbers) {
      seen.push(number);
      tracker.emit('outside');
    }
    expect(seen).toEqual([1, 2]);
    expect(contexts('inside')).toEqual(new Array(3).fill({ user_id: 1 }));
    expect(contexts('outside')).toEqual([{}, {}]);
  });

  it('receives the arguments of next, return and throw, and returns its own answers', async () => {
    const { tracker } = await startTracker();
    const echo = (): AsyncGenerator<string, string, string> =>
      tracker.context({}, async function* () {
        let given = 'nothing yet';
        for (;;) {
          try {
            given = yield given;
          } catch (error) {
            given = `caught ${String(error)}`;
          }
          await turn();
        }
      });
    const iterator = echo();
    expect(await iterator.next('ignored')).toEqual({ done: false, value: 'nothing yet' });
    expect(await iterator.next('a')).toEqual({ done: false, value: 'a' });
    expect(await iterator.throw('b')).toEqual({ done: false, value: 'caught b' });
    expect(await iterator.return('c')).toEqual({ done: true, value: 'c' });
    expect(await iterator.next('d')).toEqual({ done: true, value: undefined });
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
  });

  it('ends inside the scope when its reader leaves early', async () => {
    const { tracker, contexts } = await startTracker();
    const numbers = tracker.context({ user_id: 1 }, async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        await turn();
        tracker.emit('ended');
      }
    });
    for await (const number of numbers) if (number === 1) break;
    expect(contexts()).toEqual([{ user_id: 1 }]);
  });

  it('fails with its error, and only then', async () => {
    const { tracker, contexts } = await startTracker();
    const error = new Error('the generator failed');
    const numbers = tracker.context({ user_id: 1 }, async function* () {
      yield 1;
      await turn();
      tracker.emit('e');
      throw error;
    });
    expect(await numbers.next()).toEqual({ done: false, value: 1 });
    await expect(numbers.next()).rejects.toBe(error);
    expect(contexts()).toEqual([{ user_id: 1 }]);
  });

  it('may have only next', async () => {
    const { tracker, contexts } = await startTracker();
    const values = [1, 2];
    const bare = {
      next: () => {
        tracker.emit('e');
        const value = values.shift();
        return Promise.resolve(value === undefined ? { done: true as const, value } : { done: false as const, value });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    const seen: number[] = [];
    for await (const value of tracker.context({ user_id: 1 }, () => bare)) seen.push(value);
    expect(seen).toEqual([1, 2]);
    expect(contexts()).toEqual(new Array(3).fill({ user_id: 1 }));
  });

  it('may be that of an event emitter', async () => {
    const { tracker } = await startTracker();
    const emitter = new EventEmitter();
    const controller = new AbortController();
    const orders = tracker.context({ user_id: 1 }, () => on(emitter, 'order', { signal: controller.signal }));
    emitter.emit('order', 1);
    for await (const [order] of orders as AsyncIterable<[number]>) {
      expect(order).toBe(1);
      break;
    }
    expect(emitter.listenerCount('order')).toBe(0);
  });

  // A database cursor has `next` and is async iterable, and has much besides that a bare iterator
  // in its place would lack.
  it('keeps its other members, which run inside the scope too', async () => {
    const { tracker, contexts } = await startTracker();
    class Cursor {
      readonly #rows = [1, 2];
      limited = false;

      next(): Promise<number | null> {
        tracker.emit('e');
        return Promise.resolve(this.#rows.shift() ?? null);
      }

      toString(): string {
        return `a cursor of ${String(this.#rows.length)}`;
      }

      limit(): this {
        this.limited = true;
        return this;
      }

      get size(): number {
        return this.#rows.length;
      }

      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        for (let row = await this.next(); row !== null; row = await this.next()) yield row;
      }
    }
    const cursor = tracker.context({ user_id: 1 }, () => new Cursor());
    expect(cursor).toBeInstanceOf(Cursor);
    expect(cursor.constructor).toBe(Cursor);
    expect(cursor.size).toBe(2);
    expect(String(cursor)).toBe('a cursor of 2');
    expect(cursor.limit()).toBe(cursor);
    expect(cursor.limited).toBe(true);
    expect(await cursor.next()).toBe(1);
    const rows: number[] = [];
    for await (const row of cursor) rows.push(row);
    expect(rows).toEqual([2]);
    expect(contexts()).toEqual(new Array(3).fill({ user_id: 1 }));
  });

  it('may be frozen', async () => {
    const { tracker } = await startTracker();
    const iterator: AsyncIterableIterator<number> = Object.freeze({
      next: () => Promise.resolve({ done: true as const, value: undefined }),
      [Symbol.asyncIterator]: () => iterator,
    });
    expect(await tracker.context({}, () => iterator).next()).toEqual({ done: true, value: undefined });
  });
});
