import { startWithLogAndMemory } from '../support/seen-by-all';
import { throws, unreadable } from './hostile-value-parts';

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
