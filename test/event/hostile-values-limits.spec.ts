import { performance } from 'node:perf_hooks';
import { backend, LoggerBackend } from 'nestjs-event-tracking';
import { heapUsed } from '../support/heap-used';
import { startWithLogAndMemory, type LogAndMemory } from '../support/seen-by-all';

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
