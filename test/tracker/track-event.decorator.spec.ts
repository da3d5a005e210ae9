import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
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
import { TrackerService, TrackEvent, type TrackEventOptions, type TrackOutcome } from 'nestjs-event-tracking';
import { RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

type Outcome = TrackOutcome<unknown[], unknown>;

/**
 * A provider with one tracked method, which gives what the test says; `seen` are the outcomes of
 * its calls.
 */
async function tracked(
  give: (...args: never[]) => unknown,
  options: Partial<TrackEventOptions> = {},
): Promise<BuiltTracking & { call(...args: unknown[]): unknown; seen: Outcome[]; logger: RecordingLogger }> {
  const seen: Outcome[] = [];
  const logger = new RecordingLogger();
  @Injectable()
  class Service {
    @TrackEvent('done', {
      on: 'settled',
      data: (outcome) => {
        seen.push(outcome);
        return {};
      },
      ...options,
    })
    call(...args: unknown[]): unknown {
      return (give as (...args: unknown[]) => unknown)(...args);
    }
  }
  const run = await startTracking({ logger }, { providers: [Service] });
  const service = run.app.get(Service);
  return Object.assign(run, { call: (...args: unknown[]) => service.call(...args), seen, logger });
}

const failure = new Error('no');
const fail = (): never => {
  throw failure;
};
async function valuesOf<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}

const anyDuration = expect.any(Number);

describe('@TrackEvent on a method that returns a value', () => {
  it('emits once it has returned, with what it was given and gave', async () => {
    const run = await tracked((a: number, b: number) => a + b);
    expect(run.call(1, 2)).toBe(3);
    expect(run.seen).toEqual([{ args: [1, 2], result: 3, error: undefined, durationMs: anyDuration, count: 1 }]);
    expect(run.names()).toEqual(['done']);
  });

  it('emits once it has thrown, and the caller gets the very error', async () => {
    const run = await tracked(fail);
    expect(() => run.call('a')).toThrow(failure);
    expect(run.seen).toEqual([{ args: ['a'], result: undefined, error: failure, durationMs: anyDuration, count: 0 }]);
  });

  it.each<[unknown]>([[undefined], [null], [0], [''], [{}], [[1]], [Symbol('s')], [() => 1]])(
    'gives the caller the very %p that it returned',
    async (value) => {
      const run = await tracked(() => value);
      expect(run.call()).toBe(value);
      expect(run.seen).toHaveLength(1);
    },
  );

  it('measures the time from the call to the end', async () => {
    const run = await tracked(() => {
      const until = performance.now() + 5;
      while (performance.now() < until);
    });
    run.call();
    expect(run.seen[0]!.durationMs).toBeGreaterThanOrEqual(5);
  });

  it('gives back what cannot even be looked at, and emits', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const unreadable = Object.defineProperty({}, 'then', { get: fail });
    const run = await tracked((value: unknown) => value);
    expect(run.call(proxy) === proxy).toBe(true);
    expect(run.call(unreadable) === unreadable).toBe(true);
    expect(run.names()).toEqual(['done', 'done']);
  });
});

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

describe('@TrackEvent by its option on', () => {
  const ways: readonly (readonly [way: string, succeed: () => unknown, fail: () => unknown])[] = [
    ['a value', () => 1, fail],
    ['a promise', async () => Promise.resolve(1), async () => Promise.reject(failure)],
    ['an Observable', () => of(1), () => throwError(() => failure)],
    [
      'an async iterator',
      async function* () {
        yield await Promise.resolve(1);
      },
      async function* () {
        await Promise.reject(failure);
      },
    ],
  ];

  async function ends(give: unknown): Promise<void> {
    if (give instanceof Observable) await lastValueFrom(give);
    else if (typeof (give as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] === 'function') {
      await valuesOf(give as AsyncIterable<unknown>);
    } else await give;
  }

  it.each(ways)('emits what it is asked for when it gives %s', async (_way, succeed, failing) => {
    for (const [on, names] of [
      ['success', ['ok']],
      ['error', ['failed']],
      ['settled', ['ok', 'failed']],
      [undefined, ['ok']],
    ] as const) {
      const endings: string[] = [];
      const options = {
        on,
        data: ({ error }: Outcome) => {
          endings.push(error === undefined ? 'ok' : 'failed');
          return {};
        },
      };
      const run = await tracked((isGood: boolean) => (isGood ? succeed() : failing()), options);
      await ends(run.call(true));
      await (async () => ends(run.call(false)))().catch(() => undefined);
      expect(endings).toEqual(names);
      expect(run.names()).toEqual(names.map(() => 'done'));
    }
  });
});

describe('The data function of @TrackEvent', () => {
  it('makes the data of the event', async () => {
    const { call, last } = await tracked((id: number) => ({ id }), {
      data: ({ args, result }) => ({ asked: args[0], got: result.id }),
    });
    call(7);
    expect(last()).toMatchObject({ name: 'done', data: { asked: 7, got: 7 } });
  });

  it('may give nothing, and then the event has no data', async () => {
    const { call, last } = await tracked(() => 1, { data: () => undefined });
    call();
    expect(last().data).toEqual({});
  });

  it('may stand alone as the second argument, or be left out', async () => {
    @Injectable()
    class Service {
      @TrackEvent('with', ({ result }) => ({ result }))
      with(): number {
        return 1;
      }

      @TrackEvent('without')
      without(): number {
        return 1;
      }
    }
    const { app, events } = await startTracking({}, { providers: [Service] });
    app.get(Service).with();
    app.get(Service).without();
    expect(events().map(({ name, data }) => [name, data])).toEqual([
      ['with', { result: 1 }],
      ['without', {}],
    ]);
  });

  it.each<[string, () => never, string]>([
    ['throws', fail, 'Error: no'],
    ['returns a promise', () => Promise.resolve({}) as never, 'it returned a promise'],
    ['returns a promise that is rejected', () => Promise.reject(failure) as never, 'it returned a promise'],
  ])(
    'is counted and told once where it %s; the caller notices nothing, and the event goes out',
    async (_what, data, told) => {
      const { call, names, last, ledger, logger } = await tracked(() => 'given', { data });
      expect([call(), call()]).toEqual(['given', 'given']);
      expect(names()).toEqual(['done', 'done']);
      expect(last().data).toEqual({});
      const place = 'the data function of @TrackEvent("done") on Service.call';
      expect(ledger.tracker().failures).toEqual({ [place]: 2 });
      expect(logger.warnings).toEqual([expect.stringContaining(`${place} failed: `)]);
      expect(logger.warnings[0]).toContain(told);
    },
  );

  it('does not take the place of the error that the method threw', async () => {
    const { call } = await tracked(fail, {
      data: () => {
        throw new Error('another');
      },
    });
    expect(() => call()).toThrow(failure);
  });

  it('gets arguments that it may change without another one noticing', async () => {
    @Injectable()
    class Service {
      @TrackEvent('upper', ({ args }) => ({ args }))
      @TrackEvent('lower', ({ args }) => {
        args.length = 0;
      })
      call(text: string): string {
        return text;
      }
    }
    const { app, events } = await startTracking({}, { providers: [Service] });
    expect(app.get(Service).call('given')).toBe('given');
    expect(events().map(({ name, data }) => [name, data])).toEqual([
      ['lower', {}],
      ['upper', { args: ['given'] }],
    ]);
  });

  it('is not called for an end that is not asked for, nor with tracking off', async () => {
    const data = jest.fn();
    const { call } = await tracked(() => 1, { on: 'error', data });
    call();
    expect(data).not.toHaveBeenCalled();

    @Injectable()
    class Service {
      @TrackEvent('done', data)
      call(): string {
        return 'given';
      }
    }
    const off = await startTracking({ enabled: false }, { providers: [Service] });
    expect(off.app.get(Service).call()).toBe('given');
    expect(data).not.toHaveBeenCalled();
  });
});

describe('The context function of @TrackEvent', () => {
  it('adds values to the context of this event only', async () => {
    const { call, tracker, last } = await tracked(() => 1, {
      context: ({ result }) => ({ course_id: result, user_id: 2 }),
      data: () => ({ a: 1 }),
    });
    tracker.context({ user_id: 1, path: '/' }, () => {
      call();
      expect(last()).toMatchObject({ context: { user_id: 2, path: '/', course_id: 1 }, data: { a: 1 } });
      tracker.emit('next');
      expect(last().context).toEqual({ user_id: 1, path: '/' });
    });
  });

  it.each<[string, () => never, unknown]>([
    ['throws', fail, 1],
    ['returns a promise', () => Promise.resolve({}) as never, 1],
  ])('is counted and told once where it %s, and the event goes out without it', async (_what, context) => {
    const { call, last, ledger, logger } = await tracked(() => 'given', { context });
    expect([call(), call()]).toEqual(['given', 'given']);
    expect(last()).toMatchObject({ name: 'done', context: {} });
    const place = 'the context function of @TrackEvent("done") on Service.call';
    expect(ledger.tracker().failures).toEqual({ [place]: 2 });
    expect(logger.warnings).toHaveLength(1);
  });

  it('may give nothing, or what is no context: the event goes out', async () => {
    for (const values of [undefined, null, 'text', [1]]) {
      const { call, last } = await tracked(() => 'given', { context: () => values as never });
      expect(call()).toBe('given');
      expect(last()).toMatchObject({ name: 'done', context: {} });
    }
  });
});

describe('@TrackEvent beside a tracker of a unit test', () => {
  @Injectable()
  class Service {
    @TrackEvent('done', { data: ({ result }) => ({ result }), context: fail })
    call(): string {
      return 'given';
    }
  }

  async function serviceWith(tracker: unknown): Promise<Service> {
    const module = await Test.createTestingModule({
      providers: [Service, { provide: TrackerService, useValue: tracker }],
    }).compile();
    return module.get(Service);
  }

  it('emits through a stub that has nothing but emit', async () => {
    const stub = { emit: jest.fn() };
    expect((await serviceWith(stub)).call()).toBe('given');
    expect(stub.emit).toHaveBeenCalledWith('done', { result: 'given' });
  });

  it.each<[string, unknown]>([
    ['an empty one', {}],
    ['one whose emit fails', { emit: fail }],
  ])('leaves the caller alone with %s', async (_what, stub) => {
    expect((await serviceWith(stub)).call()).toBe('given');
  });
});

describe('@TrackEvent where it cannot stand', () => {
  // As JavaScript would: TypeScript refuses these.
  const decorate = TrackEvent('done') as unknown as (
    target: object,
    key: string,
    descriptor?: PropertyDescriptor,
  ) => void;

  it.each<[string, PropertyDescriptor | undefined]>([
    ['a field', undefined],
    ['an accessor', { get: () => 1 }],
    ['a value', { value: 1 }],
  ])('says so when the class is made: on %s', (_what, descriptor) => {
    const decorated = (): void => decorate({}, 'enrol', descriptor);
    expect(decorated).toThrow(TypeError);
    expect(decorated).toThrow('@TrackEvent was put on enrol, which is not a method. Fix: put it on a method');
  });
});

describe('What a tracked method is called from', () => {
  it('does not matter: an event emitter keeps its listener', async () => {
    const run = await tracked((value: number) => value);
    const emitter = new EventEmitter();
    emitter.on('event', run.call);
    emitter.emit('event', 7);
    expect(run.seen).toEqual([expect.objectContaining({ args: [7], result: 7 })]);
  });
});
