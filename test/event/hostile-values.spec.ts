import { performance } from 'node:perf_hooks';
import { backend, LoggerBackend, MemoryBackend } from 'nestjs-event-tracking';
import { heapUsed } from '../support/heap-used';
import { expectBalance } from '../support/start-tracking';
import { startWithLogAndMemory, type LogAndMemory } from '../support/seen-by-all';

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const unreadable = expect.stringMatching(/^\[Unreadable: .+\]$/);

function throws(): never {
  throw new Error('private');
}

describe('A value that cannot be read', () => {
  it.each<readonly [what: string, make: () => unknown, expected: unknown]>([
    [
      'a getter that throws',
      () => ({
        get a(): never {
          return throws();
        },
        b: 1,
      }),
      { a: '[Unreadable: Error: private]', b: 1 },
    ],
    [
      'a getter that throws what is no error',
      () => ({
        get a(): never {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything can be thrown
          throw null;
        },
      }),
      { a: '[Unreadable: null]' },
    ],
    [
      'a getter that throws a revoked proxy',
      () => ({
        get a(): never {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything can be thrown
          throw revoked({});
        },
      }),
      { a: '[Unreadable: an error that cannot be read]' },
    ],
    ['a toJSON that throws', () => ({ a: { toJSON: throws }, b: 1 }), { a: '[Unreadable: Error: private]', b: 1 }],
    [
      'a toJSON that is a getter that throws',
      () => ({
        a: {
          get toJSON(): never {
            return throws();
          },
        },
      }),
      { a: unreadable },
    ],
    ['a revoked proxy', () => ({ a: revoked({}), b: 1 }), { a: unreadable, b: 1 }],
    ['a revoked proxy of an array', () => [revoked([]), 1], [unreadable, 1]],
    ['a revoked proxy of a function', () => [revoked(throws), 1], [unreadable, 1]],
    ['a proxy that throws at its keys', () => [new Proxy({ a: 1 }, { ownKeys: throws })], [unreadable]],
    ['a proxy that throws at its prototype', () => [new Proxy({ a: 1 }, { getPrototypeOf: throws })], [unreadable]],
    ['a proxy of an array that throws at its length', () => [new Proxy([1], { get: throws })], [unreadable]],
    ['an item that throws', () => Object.defineProperty([1, 2, 3], 1, { get: throws }), [1, unreadable, 3]],
    ['a class that throws at its name', () => [class { static get name(): never { return throws(); } }], [unreadable]], // prettier-ignore
    [
      'an Error that throws at its message',
      () => [Object.defineProperty(new Error('a'), 'message', { get: throws })],
      [unreadable],
    ],
    ['what only pretends to be a Date', () => [Object.create(Date.prototype) as unknown], [unreadable]],
    [
      'what throws at its constructor',
      () => [
        Object.create({
          get constructor(): never {
            return throws();
          },
          subscribe: () => 1,
        }) as unknown,
      ],
      [unreadable],
    ],
    [
      'a cause that throws',
      () => Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: throws }),
      { a: 1, b: unreadable },
    ],
  ])('is %s: it is replaced where it stands, and the event goes on', async (_what, make, expected) => {
    const app = await startWithLogAndMemory();
    expect(app.field(make())).toEqual(expected);
    expect(app.replaced).toEqual({ unreadable: 1 });
  });

  it.each<readonly [what: string, data: unknown]>([
    ['a revoked proxy', revoked({})],
    ['a revoked proxy of an array', revoked([])],
    ['a proxy that throws at everything', new Proxy({}, { get: throws, ownKeys: throws, getPrototypeOf: throws })],
    ['an object with a toJSON that throws', { toJSON: throws }],
  ])('may be all of the data: %s', async (_what, data) => {
    const app = await startWithLogAndMemory();
    expect(app.emit(data).data).toEqual(unreadable);
    expect(app.replaced).toEqual({ unreadable: 1 });
  });

  it.each<readonly [what: string, values: object]>([
    ['an object with a toJSON that throws', { toJSON: throws }],
    ['an object with a toJSON that gives a text', { toJSON: () => 'text' }],
  ])('gives nothing to a context: %s', async (_what, values) => {
    const app = await startWithLogAndMemory();
    app.run.tracker.context({ a: 1 }, () =>
      app.run.tracker.context(values, () => {
        expect(app.emit({}).context).toEqual({ a: 1 });
      }),
    );
  });

  it('may be the name: the event goes on under a text that says so', async () => {
    const app = await startWithLogAndMemory();
    expect(app.emit({}, revoked({})).name).toEqual(unreadable);
    expect(app.emit({}, { toJSON: throws }).name).toEqual(unreadable);
    expect(app.emit({}, revoked([])).name).toEqual(unreadable);
  });

  it('leaves the place of its neighbours right', async () => {
    const app = await startWithLogAndMemory();
    // A throw from deep below must not leave its ancestors behind: they would look like cycles
    // later.
    const shared = { a: 1 };
    const data = { first: { shared, get bad() { return throws(); } }, second: shared, third: { deep: [shared] } }; // prettier-ignore
    expect(app.emit(data).data).toEqual({
      first: { shared: { a: 1 }, bad: unreadable },
      second: { a: 1 },
      third: { deep: [{ a: 1 }] },
    });
  });
});

describe('A value that throws while it is being read', () => {
  it('is told as such again where it stands a second time, and not as a cycle', async () => {
    const app = await startWithLogAndMemory();
    const bad = new Proxy({ a: 1 }, { ownKeys: throws });
    expect(app.field([bad, bad, { one: bad, two: bad }])).toEqual([
      unreadable,
      unreadable,
      { one: unreadable, two: unreadable },
    ]);
    expect(app.replaced).toEqual({ unreadable: 4 });
  });
});

describe('A toJSON that is async', () => {
  it('is a promise like any other, and its rejection does not end the process', async () => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    try {
      const app = await startWithLogAndMemory();
      expect(app.field({ toJSON: () => Promise.reject(new Error('late')) })).toBe('[Promise]');
      await new Promise(setImmediate);
      expect(rejections).toEqual([]);
    } finally {
      process.removeListener('unhandledRejection', onRejection);
    }
  });
});

describe('An object inside itself', () => {
  const inObject = (): unknown => {
    const value: Record<string, unknown> = { a: 1 };
    value['self'] = value;
    return value;
  };
  const inArray = (): unknown => {
    const value: unknown[] = [1];
    value.push(value);
    return value;
  };
  const inMap = (): unknown => {
    const value = new Map<string, unknown>([['a', 1]]);
    value.set('self', value);
    return value;
  };
  const inSet = (): unknown => {
    const value = new Set<unknown>([1]);
    value.add(value);
    return value;
  };
  const inError = (): unknown => {
    const value = new Error('a');
    delete value.stack;
    value.cause = value;
    return value;
  };
  const byTwo = (): unknown => {
    const [a, b]: Record<string, unknown>[] = [{}, {}] as const;
    Object.assign(a, { b });
    Object.assign(b, { a });
    return a;
  };

  it.each<readonly [what: string, make: () => unknown, expected: unknown]>([
    ['an object', inObject, { a: 1, self: '[Circular]' }],
    ['an array', inArray, [1, '[Circular]']],
    ['a Map', inMap, { a: 1, self: '[Circular]' }],
    ['a Set', inSet, [1, '[Circular]']],
    ['an Error that is its own cause', inError, { name: 'Error', message: 'a', cause: '[Circular]' }],
    ['two objects', byTwo, { b: { a: '[Circular]' } }],
  ])('is named where it repeats: %s', async (_what, make, expected) => {
    const app = await startWithLogAndMemory();
    expect(app.field(make())).toEqual(expected);
    expect(app.replaced).toEqual({ circular: 1 });
  });

  it('is told from one that stands in two places', async () => {
    const app = await startWithLogAndMemory();
    const shared = { a: [1] };
    expect(app.field({ one: shared, two: [shared, { three: shared }] })).toEqual({
      one: { a: [1] },
      two: [{ a: [1] }, { three: { a: [1] } }],
    });
    expect(app.replaced).toEqual({});
  });

  it('may be made anew at each reading, and ends all the same', async () => {
    const app = await startWithLogAndMemory();
    const bottomless = (): object => ({
      get deeper() {
        return bottomless();
      },
    });
    const unfolding = (): object => ({ toJSON: () => [unfolding(), unfolding()] });
    app.emit({ a: bottomless() });
    app.emit({ a: unfolding() });
    expect(app.replaced['too-deep']).toBeGreaterThan(0);
  });
});

describe('A key that is a name of a prototype', () => {
  const keys = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'toJSON',
    'valueOf',
    'prototype',
    '__defineGetter__',
  ];
  const withKeys = (): Record<string, unknown> =>
    JSON.parse(`{${keys.map((key) => `${JSON.stringify(key)}:{"polluted":true}`).join()}}`) as Record<string, unknown>;

  function expectClean(): void {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  }

  function expectOwn(fields: object): void {
    expect(Object.keys(fields).sort()).toEqual([...keys].sort());
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(fields, '__proto__')?.value).toEqual({ polluted: true });
  }

  it('is an ordinary key of data', async () => {
    const app = await startWithLogAndMemory();
    expectOwn(app.emit(withKeys()).data);
    expectClean();
  });

  it('is an ordinary key of a Map', async () => {
    const app = await startWithLogAndMemory();
    expectOwn(app.emit(new Map(Object.entries(withKeys()))).data);
    expectClean();
  });

  it('is an ordinary key of a context, nested ones too', async () => {
    const app = await startWithLogAndMemory();
    app.run.tracker.context(withKeys(), () => {
      app.run.tracker.context({ inner: withKeys() }, () => {
        const { inner, ...outer } = app.emit({}).context;
        expectOwn(outer);
        expectOwn(inner as object);
        expectOwn(app.run.tracker.currentContext()['inner'] as object);
      });
    });
    expectClean();
  });

  it('is an ordinary key of what a processor gets, adds and returns', async () => {
    const app = await startWithLogAndMemory();
    const seen: object[] = [];
    app.run.tracker.registerProcessor((event) => {
      seen.push(event.data);
      return { ...event, data: { was: event.data }, extra: withKeys() };
    });
    const event = app.emit(withKeys()) as unknown as Record<string, unknown>;
    expectOwn(seen[0]!);
    expectOwn((event['data'] as { was: object }).was);
    expectOwn(event['extra'] as object);
    expectClean();
  });

  it('may be added to the event itself by a processor', async () => {
    const app = await startWithLogAndMemory();
    app.run.tracker.registerProcessor((event) =>
      Object.defineProperty({ ...event }, '__proto__', { value: { polluted: true }, enumerable: true }),
    );
    const event = app.emit({ a: 1 });
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(event, '__proto__')?.value).toEqual({ polluted: true });
    expectClean();
  });

  it('may be the name of the event, or of a counted kind of drop', async () => {
    const app = await startWithLogAndMemory();
    for (const name of keys) expect(app.emit({}, name).name).toBe(name);
    expectClean();
  });
});

describe('An id that a processor adds', () => {
  it("does not replace the event's own, under which every copy and retry of it is known", async () => {
    const app = await startWithLogAndMemory();
    app.run.tracker.registerProcessor((event) => ({ ...event, id: 'forged', other: 1 }));
    const event = app.emit({ a: 1 });
    expect(event).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), other: 1 });
    expect(app.folder.text().match(/"id"/g)).toHaveLength(1);
  });
});

describe('A getter that emits', () => {
  it('ends, loses no event, and throws nothing, even when it never stops', async () => {
    const app = await startWithLogAndMemory({ backends: { sink: backend(MemoryBackend, { maxEvents: 100_000 }) } });
    const { tracker, ledger } = app.run;
    const data = {
      get a() {
        tracker.emit('inner', data);
        return 1;
      },
    };
    expect(() => tracker.emit('outer', data)).not.toThrow();
    expectBalance(ledger);
    expect(app.run.events().length).toBe(ledger.node('sink')!.passed);
  });
});

describe('The limits', () => {
  async function started(limits: object): Promise<LogAndMemory> {
    return startWithLogAndMemory({ limits });
  }

  it('leave out what is deeper than maxDepth', async () => {
    const app = await started({ maxDepth: 3 });
    const data = { one: { two: { three: { four: 1 } }, list: [[1]], fits: 'here' } };
    expect(app.emit(data).data).toEqual({
      one: { two: { three: '[Left out: too deep]' }, list: ['[Left out: too deep]'], fits: 'here' },
    });
    expect(app.replaced).toEqual({ 'too-deep': 2 });
  });

  it('leave out what comes after maxNodes values, in arrays and in objects', async () => {
    const app = await started({ maxNodes: 6 });
    expect(app.emit({ list: [1, 2, 3, 4, 5, 6] }).data).toEqual({ list: [1, 2, 3, 4, '[Left out: 2 more items]'] });
    expect(app.emit({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 }).data).toEqual({
      a: 1, b: 2, c: 3, d: 4, e: 5, '[Left out]': '2 more keys',
    }); // prettier-ignore
    expect(app.replaced).toEqual({ 'too-many': 2 });
  });

  it('leave out a text that does not fit into maxTextLength, and keep what still does', async () => {
    const app = await started({ maxTextLength: 10 });
    expect(app.emit({ a: 'x'.repeat(10), b: 'y'.repeat(20), c: 'z' }).data).toEqual({
      a: '[Left out: text of 10 characters]',
      b: '[Left out: text of 20 characters]',
      c: 'z',
    });
    expect(app.emit({ a: 'x'.repeat(7), b: 'y' }).data).toEqual({ a: 'x'.repeat(7), b: 'y' });
    expect(app.emit({ a: 'x'.repeat(9), b: 1, c: true }).data).toEqual({ a: 'x'.repeat(9), b: 1, c: true });
    expect(app.replaced).toEqual({ 'too-long': 2 });
  });

  it('count keys as text, and leave out long ones that do not fit', async () => {
    const app = await started({ maxTextLength: 200 });
    const data = { ['k'.repeat(150)]: 1, ['l'.repeat(150)]: 2, ['m'.repeat(101)]: 3, n: 4 };
    expect(app.emit(data).data).toEqual({ ['k'.repeat(150)]: 1, n: 4, '[Left out: long keys]': 2 });
    expect(app.emit({ ['k'.repeat(90)]: 1, a: 'x'.repeat(110) }).data).toMatchObject({
      a: '[Left out: text of 110 characters]',
    });
    expect(app.replaced).toEqual({ 'too-long': 2 });
  });

  it.each<readonly [what: string, make: (length: number) => unknown]>([
    ['a text', (length) => 'x'.repeat(length)],
    ['a key', (length) => ({ ['x'.repeat(length)]: 1 })],
    ['a key of a Map', (length) => new Map([['x'.repeat(length), 1]])],
    ['the description of a symbol', (length) => Symbol('x'.repeat(length))],
    ['the name of a function', (length) => Object.defineProperty(() => 1, 'name', { value: 'x'.repeat(length) })],
    [
      'the name of a class',
      (length) =>
        new (Object.defineProperty(
          class {
            subscribe(): void {}
          },
          'name',
          { value: 'x'.repeat(length) },
        ))(),
    ],
    ['a message', (length) => new Error('x'.repeat(length))],
    ['a RegExp', (length) => new RegExp('x'.repeat(length))],
    ['a URL', (length) => new URL(`https://example.org/${'x'.repeat(length)}`)],
    ['a bigint', (length) => 10n ** BigInt(length)],
    ['a Buffer', (length) => Buffer.alloc(length)],
    ['what a getter throws', (length) => ({ get a() { throw new Error('x'.repeat(length)); } })], // prettier-ignore
  ])('bound %s', async (_what, make) => {
    const app = await started({ maxTextLength: 1000 });
    app.emit({ a: make(5000) });
    expect(app.folder.text().length).toBeLessThan(1500);
    for (const warning of app.logger.warnings) expect(warning.length).toBeLessThan(1500);
  });

  it('do not encode what is too large anyway', async () => {
    const app = await started({ maxTextLength: 1000 });
    expect(app.field(Buffer.alloc(1001))).toBe('[Left out: 1001 bytes]');
    expect(app.field(new ArrayBuffer(1_000_000))).toBe('[Left out: 1000000 bytes]');
  });

  it('count base64 by its own length, not that of the bytes', async () => {
    const app = await started({ maxTextLength: 100 });
    expect(app.emit({ a: Buffer.alloc(90) }).data).toEqual({ a: '[Left out: 90 bytes]' });
  });

  // Far above what it takes and far below what an unbounded walk takes, since the machine has other
  // work.
  it.each<readonly [what: string, make: () => unknown]>([
    ['an array of 5 million', () => new Array<number>(5_000_000).fill(7)],
    ['a sparse array of 4 billion', () => new Array<unknown>(4_294_967_295)],
    ['an array of 5 million behind a proxy', () => new Proxy(new Array<number>(5_000_000).fill(7), {})],
    ['a typed array of 5 million', () => new Float64Array(5_000_000)],
    ['a Set of 2 million', () => new Set(new Uint32Array(2_000_000).map((_item, at) => at))],
    ['a Map of 2 million', () => new Map(Array.from({ length: 2_000_000 }, (_item, at) => [at, at]))],
    [
      'a Set that never ends',
      () =>
        new (class extends Set<number> {
          override *[Symbol.iterator](): ReturnType<Set<number>['values']> {
            for (;;) yield 1;
          }
        })([1]),
    ],
    [
      'a Map that never ends',
      () =>
        new (class extends Map<number, number> {
          override *[Symbol.iterator](): ReturnType<Map<number, number>['entries']> {
            for (;;) yield [1, 1];
          }
        })([[1, 1]]),
    ],
    ['a buffer of 200 MB', () => Buffer.alloc(200_000_000)],
    ['a text of 200 MB', () => 'x'.repeat(200_000_000)],
    ['a bigint of 3 million digits', () => 1n << 10_000_000n],
    ['objects that double at each level', () => { let value: object = {}; for (let at = 0; at < 60; at++) value = { a: value, b: value }; return value; }], // prettier-ignore
  ])('bound the work that %s costs', async (_what, make) => {
    const app = await startWithLogAndMemory();
    const value = make();
    const startedAt = performance.now();
    app.run.tracker.emit('e', { value });
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(app.folder.text().length).toBeLessThan(2_000_000);
  });

  it('bound the work that an object of a million keys costs to listing them', async () => {
    const app = await startWithLogAndMemory();
    const value = Object.fromEntries(Array.from({ length: 1_000_000 }, (_item, at) => [`k${String(at)}`, at]));
    const startedAt = performance.now();
    Object.keys(value);
    const listing = performance.now() - startedAt;
    app.run.tracker.emit('e', { value });
    expect(performance.now() - startedAt - listing).toBeLessThan(1500 + 3 * listing);
    expect(Object.keys(app.run.last().data['value'] as object).length).toBeLessThan(20_002);
  });

  it('cut once, however many processors an event goes through', async () => {
    const app = await started({ maxNodes: 6, maxTextLength: 20, maxDepth: 3 });
    for (let at = 0; at < 3; at++) app.run.tracker.registerProcessor((event) => event);
    const data = { list: [1, 2, 3, 4, 5, 6], a: 1 };
    expect(app.emit(data).data).toMatchObject({ list: [1, 2, 3, 4, '[Left out: 2 more items]'] });
    expect(app.emit({ a: 'x'.repeat(30), b: { c: { d: {} } } }).data).toEqual({
      a: '[Left out: text of 30 characters]',
      b: { c: { d: '[Left out: too deep]' } },
    });
  });

  it('are met exactly by what they allow', async () => {
    const app = await started({ maxDepth: 2, maxNodes: 3, maxTextLength: 4 });
    expect(app.emit({ a: { b: 'xy' } }).data).toEqual({ a: { b: 'xy' } });
    expect(app.replaced).toEqual({});
  });

  it('hold for a context as well', async () => {
    const app = await started({ maxNodes: 3 });
    app.run.tracker.context({ a: 1, b: 2, c: 3, d: 4 }, () => {
      expect(app.emit({}).context).toEqual({ a: 1, b: 2, '[Left out]': '2 more keys' });
    });
  });
});

describe('The texts of names seen before', () => {
  it('take no memory for names made of ids', async () => {
    const app = await startWithLogAndMemory({ backends: { log: backend(LoggerBackend, { path: '/dev/null' }) } });
    const before = heapUsed();
    for (let at = 0; at < 500; at++) app.run.tracker.emit(`${String(at)}${'x'.repeat(200_000)}`);
    await app.run.tracker.flush();
    // 500 names of 200 KB: kept, they would be 100 MB, and their texts another 100.
    expect(heapUsed() - before).toBeLessThan(20_000_000);
  });
});
