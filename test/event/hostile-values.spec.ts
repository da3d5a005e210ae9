import { backend, MemoryBackend } from 'nestjs-event-tracking';
import { expectBalance } from '../support/start-tracking';
import { startWithLogAndMemory } from '../support/seen-by-all';
import { throws, unreadable } from './hostile-value-parts';

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
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
