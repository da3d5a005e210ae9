import { EventEmitter, on, once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import {
  asyncScheduler,
  BehaviorSubject,
  concatMap,
  defer,
  EMPTY,
  finalize,
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  Observable,
  observeOn,
  of,
  range,
  Subject,
  switchMap,
  take,
  tap,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { startTracker } from './start-tracker';

describe('The body of context()', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'text'],
    ['an object', { a: 1 }],
    ['an array', [1]],
    ['a function', () => 1],
    ['an emitter', new EventEmitter()],
    ['a readable stream', Readable.from(['a'])],
    ['a Map', new Map([[1, 2]])],
    ['a text as an object', Object('text')],
    ['a proxy', new Proxy({}, {})],
    ['a revoked proxy', revoked()],
    ['an object that throws when it is looked at', new Proxy({}, { get: () => fail(new Error('looked at')) })],
  ])('gives back what it returns: %s', async (_kind, value) => {
    const { tracker } = await startTracker();
    expect(tracker.context({}, () => value)).toBe(value);
    expect(tracker.context('named', {}, () => value)).toBe(value);
  });

  it('throws what it throws', async () => {
    const { tracker } = await startTracker();
    const error = new Error('the body failed');
    expect(() =>
      tracker.context({}, () => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('runs once, at once', async () => {
    const { tracker } = await startTracker();
    const body = jest.fn();
    tracker.context({}, body);
    expect(body).toHaveBeenCalledTimes(1);
  });
});

describe('A promise of a body', () => {
  it('carries the scope through every await, and its caller does not', async () => {
    const { tracker, contexts } = await startTracker();
    const deep = async (depth: number): Promise<void> => {
      await (depth % 3 === 0 ? turn() : Promise.resolve());
      if (depth > 0) await deep(depth - 1);
      tracker.emit('inside');
    };
    const running = tracker.context({ user_id: 1 }, () => deep(50));
    tracker.emit('outside');
    await running;
    tracker.emit('outside');
    expect(contexts('inside')).toEqual(new Array(51).fill({ user_id: 1 }));
    expect(contexts('outside')).toEqual([{}, {}]);
  });

  it('keeps what was entered before an await', async () => {
    const { tracker, contexts } = await startTracker();
    await tracker.context({ user_id: 1 }, async () => {
      const load = async (): Promise<void> => {
        await turn();
        tracker.enterContext('course', { course: 'a' });
        await turn();
      };
      await load();
      tracker.emit('e');
      tracker.exitContext('course');
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ user_id: 1, course: 'a' }, { user_id: 1 }]);
  });

  it('rejects with what the body rejects with, and its handlers run outside', async () => {
    const { tracker, contexts } = await startTracker();
    const error = new Error('the body failed');
    await tracker
      .context({ user_id: 1 }, async () => {
        await turn();
        tracker.emit('e');
        throw error;
      })
      .catch((caught: unknown) => {
        expect(caught).toBe(error);
        tracker.emit('e');
      });
    expect(contexts()).toEqual([{ user_id: 1 }, {}]);
  });
});

describe('What a body begins', () => {
  it('runs in the scope after the body has ended: timers of every kind', async () => {
    const { tracker, contexts } = await startTracker();
    let left = 6;
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        tracker.emit('e');
        if (--left === 0) resolve();
      };
      tracker.context({ user_id: 1 }, () => {
        setTimeout(tick, 1);
        setImmediate(tick);
        process.nextTick(tick);
        queueMicrotask(tick);
        void Promise.resolve().then(tick);
        const interval = setInterval(() => {
          clearInterval(interval);
          tick();
        }, 1);
      });
    });
    expect(contexts()).toEqual(new Array(6).fill({ user_id: 1 }));
  });

  it('runs in the scope: streams that are read and piped', async () => {
    const { tracker, contexts } = await startTracker();
    const ended = tracker.context({ user_id: 1 }, () => {
      const source = Readable.from(
        (async function* () {
          for (const chunk of ['a', 'b']) {
            await turn();
            tracker.emit('made');
            yield chunk;
          }
        })(),
      );
      source.on('data', () => tracker.emit('read'));
      return once(source, 'end');
    });
    await ended;
    expect(contexts('made')).toEqual([{ user_id: 1 }, { user_id: 1 }]);
    expect(contexts('read')).toEqual([{ user_id: 1 }, { user_id: 1 }]);
  });

  it('runs in the scope of whoever emits: listeners of an event emitter', async () => {
    const { tracker, contexts } = await startTracker();
    const emitter = new EventEmitter();
    tracker.context({ listener: true }, () => {
      emitter.on('order', () => tracker.emit('e'));
    });
    tracker.context({ emitter: true }, () => emitter.emit('order'));
    emitter.emit('order');
    expect(contexts()).toEqual([{ emitter: true }, {}]);
  });
});

describe('Parallel branches of one scope', () => {
  it('share what they enter there', async () => {
    const { tracker, contexts } = await startTracker();
    await tracker.context({ user_id: 1 }, async () => {
      const entered = deferred();
      await Promise.all([
        (async () => {
          await turn();
          tracker.enterContext('branch', { branch: 'a' });
          entered.resolve();
        })(),
        (async () => {
          tracker.emit('e');
          await entered.promise;
          tracker.emit('e');
          tracker.exitContext('branch');
        })(),
      ]);
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ user_id: 1 }, { user_id: 1, branch: 'a' }, { user_id: 1 }]);
  });

  it('keep what they enter to themselves in scopes of their own', async () => {
    const { tracker, contexts } = await startTracker();
    await tracker.context({ user_id: 1 }, async () => {
      await Promise.all(
        ['a', 'b', 'c'].map((branch) =>
          tracker.context({ branch }, async () => {
            for (let round = 0; round < 3; round++) {
              tracker.enterContext('round', { round, entered_by: branch });
              await turn();
              tracker.emit(branch);
              tracker.exitContext('round');
            }
          }),
        ),
      );
      tracker.emit('joined');
    });
    for (const branch of ['a', 'b', 'c']) {
      expect(contexts(branch)).toEqual([0, 1, 2].map((round) => ({ user_id: 1, branch, round, entered_by: branch })));
    }
    expect(contexts('joined')).toEqual([{ user_id: 1 }]);
  });
});

describe('An Observable of a body', () => {
  it('is subscribed inside the scope, each time anew', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context({ user_id: 1 }, () =>
      defer(() => {
        tracker.emit('e');
        return of(1, 2);
      }),
    );
    expect(contexts()).toEqual([]);
    expect(await lastValueFrom(stream)).toBe(2);
    expect(await lastValueFrom(stream.pipe(toArray()))).toEqual([1, 2]);
    expect(contexts()).toEqual([{ user_id: 1 }, { user_id: 1 }]);
  });

  it('works inside the scope when its values come later', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context({ user_id: 1 }, () =>
      timer(1, 1).pipe(
        take(2),
        tap(() => tracker.emit('e')),
      ),
    );
    await lastValueFrom(stream);
    expect(contexts()).toEqual([{ user_id: 1 }, { user_id: 1 }]);
  });

  it('fails with its error', async () => {
    const { tracker, contexts } = await startTracker();
    const error = new Error('the stream failed');
    const stream = tracker.context({ user_id: 1 }, () =>
      throwError(() => {
        tracker.emit('e');
        return error;
      }),
    );
    await expect(lastValueFrom(stream)).rejects.toBe(error);
    expect(contexts()).toEqual([{ user_id: 1 }]);
  });

  it('fails with the error that subscribing throws', async () => {
    const { tracker } = await startTracker();
    const error = new Error('subscribing failed');
    const stream = tracker.context({}, () => new Observable(() => void fail(error)));
    await expect(lastValueFrom(stream)).rejects.toBe(error);
  });

  it('completes without a value', async () => {
    const { tracker } = await startTracker();
    const complete = jest.fn();
    tracker.context({}, () => EMPTY).subscribe({ complete });
    expect(complete).toHaveBeenCalledTimes(1);
  });

  it('is torn down once, inside the scope, when it is unsubscribed', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context({ user_id: 1 }, () => timer(60_000).pipe(finalize(() => tracker.emit('e'))));
    const subscription = stream.subscribe();
    expect(contexts()).toEqual([]);
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(contexts()).toEqual([{ user_id: 1 }]);
  });

  it('is torn down inside the scope when it ends, too', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context({ user_id: 1 }, () => of(1).pipe(finalize(() => tracker.emit('e'))));
    await lastValueFrom(stream);
    expect(contexts()).toEqual([{ user_id: 1 }]);
  });

  it('stops at once when its reader has enough', async () => {
    const { tracker } = await startTracker();
    const made: number[] = [];
    const stream = tracker.context({}, () => range(0, 1_000_000).pipe(tap((value) => made.push(value))));
    expect(await lastValueFrom(stream.pipe(take(2), toArray()))).toEqual([0, 1]);
    expect(made).toEqual([0, 1]);
  });

  it('gives its values to readers outside of the scope', async () => {
    const { tracker, contexts } = await startTracker();
    const streams = [of(1), timer(1), of(1).pipe(observeOn(asyncScheduler))];
    for (const stream of streams) {
      await tracker.context({ reader: true }, () =>
        lastValueFrom(
          tracker
            .context({ user_id: 1 }, () => stream)
            .pipe(
              tap({
                next: () => tracker.emit('e'),
                complete: () => tracker.emit('e'),
                finalize: () => tracker.emit('e'),
              }),
            ),
        ),
      );
    }
    expect(contexts()).toEqual(new Array(9).fill({ reader: true }));
  });

  it('passes nothing of its scope on to the one that follows it', async () => {
    const { tracker, contexts } = await startTracker();
    const users = [{ user_id: 1, plan: 'gold' }, { user_id: 2 }, { user_id: 3 }];
    await lastValueFrom(
      from(users).pipe(
        concatMap((user) =>
          tracker.context(user, () =>
            timer(1).pipe(
              tap(() => {
                tracker.enterContext('seen', { [`seen_${user.user_id}`]: true });
                tracker.emit('e');
              }),
            ),
          ),
        ),
      ),
    );
    expect(contexts()).toEqual([
      { user_id: 1, plan: 'gold', seen_1: true },
      { user_id: 2, seen_2: true },
      { user_id: 3, seen_3: true },
    ]);
  });

  it('stays a Subject if it is one, which its maker goes on to feed', async () => {
    const { tracker } = await startTracker();
    const subject = new BehaviorSubject(1);
    expect(tracker.context({}, () => subject)).toBe(subject);
    expect(tracker.context({}, () => subject.asObservable())).toBeInstanceOf(Observable);
  });

  it('may come from a Subject, and does inside the scope what begins when it is subscribed', async () => {
    const { tracker, contexts } = await startTracker();
    const subject = new BehaviorSubject(1);
    const stream = tracker.context({ user_id: 1 }, () =>
      subject.pipe(
        switchMap((value) => timer(1).pipe(map(() => value + 1))),
        tap(() => tracker.emit('inside')),
      ),
    );
    expect(await firstValueFrom(stream.pipe(tap(() => tracker.emit('outside'))))).toBe(2);
    expect(contexts('inside')).toEqual([{ user_id: 1 }]);
    expect(contexts('outside')).toEqual([{}]);
  });

  // As with an event emitter: nobody but the feeder knows when, so nobody but the feeder has a flow
  // to give.
  it('works in the scope, whoever feeds the Subject that it comes from', async () => {
    const { tracker, contexts } = await startTracker();
    const subject = new Subject<number>();
    const stream = tracker.context({ user_id: 1 }, () => subject.pipe(tap(() => tracker.emit('inside'))));
    const first = firstValueFrom(stream.pipe(tap(() => tracker.emit('outside'))));
    tracker.context({ feeder: true }, () => subject.next(2));
    expect(await first).toBe(2);
    expect(contexts('inside')).toEqual([{ user_id: 1 }]);
    expect(contexts('outside')).toEqual([{}]);
  });
});

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

  it('gets what next, return and throw are given, and gives what it answers', async () => {
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

  it('may have next only', async () => {
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
  it('keeps what it is besides an iterator, and does that inside the scope too', async () => {
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

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function fail(error: Error): never {
  throw error;
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
