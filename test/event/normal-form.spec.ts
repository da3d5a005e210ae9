import { EventEmitter, Readable } from 'node:stream';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { runInNewContext } from 'node:vm';
import { of } from 'rxjs';
import { startWithLogAndMemory } from '../support/seen-by-all';
import { CourseKey } from './normal-form-parts';

type Case = readonly [what: string, make: () => unknown, expected: unknown];

class Point {
  readonly #secret = 'private';
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}

  get length(): number {
    return Math.hypot(this.x, this.y) + this.#secret.length;
  }
}

class LateDate extends Date {
  override toJSON(): string {
    return 'late';
  }
}

class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code = 'E_FULL';
}

function withoutStack<E extends Error>(error: E): E {
  delete error.stack;
  return error;
}

/**
 * An object that comes from another realm, as what was read in a sandbox or by Jest itself does.
 */
function foreign(code: string): unknown {
  return runInNewContext(code);
}

describe('The normal form of a value', () => {
  it.each<Case>([
    ['text', () => 'é\u{1f600}\n"\\', 'é\u{1f600}\n"\\'],
    ['a lone surrogate', () => 'a\ud800b', 'a\ud800b'],
    ['a number', () => 1.5e-7, 1.5e-7],
    ['minus zero, as JSON has it', () => -0, 0],
    ['true', () => true, true],
    ['false', () => false, false],
    ['null', () => null, null],
    ['a bigint', () => 123456789012345678901234567890n, '123456789012345678901234567890'],

    ['a Date', () => new Date(86_400_123), new Date(86_400_123)],
    ['a subclass of Date', () => new LateDate(5), new Date(5)],
    ['a Date of another realm', () => foreign('new Date(7)'), new Date(7)],
    ['the last moment a Date can hold', () => new Date(8.64e15), new Date(8.64e15)],
    ['a Date before the common era', () => new Date(-62_198_755_200_000), new Date(-62_198_755_200_000)],

    ['an empty object', () => ({}), {}],
    ['undefined in an object', () => ({ a: undefined, b: 1 }), { b: 1 }],
    ['undefined in an array', () => [undefined, 1], [null, 1]],
    ['holes in an array', () => new Array(2), [null, null]],
    ['an array with fields of its own', () => Object.assign([1], { extra: 2 }), [1]],
    ['an object without a prototype', () => Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['an object of another realm', () => foreign('({ a: [1, { b: 2 }] })'), { a: [1, { b: 2 }] }],
    ['what an object inherits', () => Object.create({ inherited: 1 }) as object, {}],
    ['a hidden field', () => Object.defineProperty({}, 'a', { value: 1 }), {}],
    ['a field whose key is a symbol', () => ({ [Symbol('s')]: 1, a: 2 }), { a: 2 }],
    ['a getter', () => ({ get a() { return 3; } }), { a: 3 }], // prettier-ignore
    ['an instance of a class', () => new Point(3, 4), { x: 3, y: 4 }],
    ['a value in two places', () => { const shared = { a: 1 }; return [shared, shared]; }, [{ a: 1 }, { a: 1 }]], // prettier-ignore
    ['an object that is frozen', () => Object.freeze({ a: Object.freeze([1]) }), { a: [1] }],
    [
      'a proxy with a symbol for a key, and a string after it',
      () => ({ proxy: new Proxy({ [Symbol('s')]: 1, a: 'x' }, {}), after: 'text' }),
      { proxy: { a: 'x' }, after: 'text' },
    ],
    ['a proxy that passes everything through', () => new Proxy({ a: [1] }, {}), { a: [1] }],

    ['a Map with text keys', () => new Map([['a', 1], ['b', 2]]), { a: 1, b: 2 }], // prettier-ignore
    ['a Map with keys of several kinds', () => new Map<unknown, unknown>([[1, 'a'], [true, 'b'], [null, 'c'], [undefined, 'd'], [2n, 'e']]), { 1: 'a', 2: 'e', true: 'b', null: 'c', undefined: 'd' }], // prettier-ignore
    ['a Map whose keys clash', () => new Map<unknown, unknown>([[1, 'a'], ['1', 'b']]), [[1, 'a'], ['1', 'b']]], // prettier-ignore
    ['a Map with objects as keys', () => new Map([[{ k: 1 }, 'a']]), [[{ k: 1 }, 'a']]],
    ['a Map with an undefined value', () => new Map([['a', undefined]]), {}],
    ['a Map of another realm', () => foreign("new Map([['a', 1]])"), { a: 1 }],
    ['a Set', () => new Set([1, 'a', { b: 2 }]), [1, 'a', { b: 2 }]],
    ['a Set of another realm', () => foreign('new Set([1])'), [1]],

    ['an Error', () => withoutStack(new Error('no')), { name: 'Error', message: 'no' }],
    [
      'an Error of another realm',
      () => foreign("const e = new TypeError('no'); delete e.stack; e"),
      { name: 'TypeError', message: 'no' },
    ],
    [
      'an Error with fields of its own',
      () => withoutStack(new DomainError('full')),
      { name: 'DomainError', message: 'full', code: 'E_FULL' },
    ],
    [
      'a chain of causes',
      () => withoutStack(new Error('a', { cause: withoutStack(new Error('b', { cause: 'c' })) })),
      { name: 'Error', message: 'a', cause: { name: 'Error', message: 'b', cause: 'c' } },
    ],
    [
      'an AggregateError',
      () => withoutStack(new AggregateError([withoutStack(new Error('a')), 1], 'both')),
      { name: 'AggregateError', message: 'both', errors: [{ name: 'Error', message: 'a' }, 1] },
    ],

    ['a Buffer', () => Buffer.from('hello'), 'aGVsbG8='],
    ['a Uint8Array', () => new Uint8Array([1, 2, 255]), 'AQL/'],
    ['a window on a larger buffer', () => new Uint8Array([9, 1, 2, 9]).subarray(1, 3), 'AQI='],
    ['an ArrayBuffer', () => new Uint8Array([1, 2, 255]).buffer, 'AQL/'],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(2), 'AAA='],
    ['a DataView', () => new DataView(new Uint8Array([9, 1, 2]).buffer, 1), 'AQI='],
    ['numbers of 32 bits', () => new Float32Array([0.5, -1]), [0.5, -1]],
    ['numbers of 64 bits', () => new BigInt64Array([1n, -1n]), ['1', '-1']],
    ['clamped bytes', () => new Uint8ClampedArray([1, 300]), [1, 255]],

    ['a URL', () => new URL('https://example.org/a?b=1#c'), 'https://example.org/a?b=1#c'],
    ['the parameters of a URL', () => new URLSearchParams({ a: '1 2' }), 'a=1+2'],
    ['a RegExp', () => /a\/b/giu, '/a\\/b/giu'],

    ['a boxed text', () => Object('a') as unknown, 'a'],
    ['a boxed number', () => Object(1) as unknown, 1],
    ['a boxed boolean', () => Object(false) as unknown, false],
    ['a boxed bigint', () => Object(1n) as unknown, '1'],
    ['a box with a valueOf of its own', () => Object.assign(Object(1) as object, { valueOf: () => 2 }), 1],

    ['an object with toJSON', () => new CourseKey('X'), 'course-v1:X'],
    ['a plain object with toJSON', () => ({ a: 1, toJSON: () => ({ b: new Set([1]) }) }), { b: [1] }],
    [
      'what toJSON gives, once',
      () => ({ toJSON: () => ({ a: 1, toJSON: () => 'again' }) }),
      { a: 1, toJSON: '[Function: toJSON]' },
    ],
    ['an object whose toJSON gives itself', () => ({ a: 1, toJSON() { return this; } }), { a: 1, toJSON: '[Function: toJSON]' }], // prettier-ignore
    ['an object whose toJSON gives an array', () => ({ toJSON: () => [undefined, { a: 1 }] }), [null, { a: 1 }]],
    ['an object whose toJSON gives a Date', () => ({ toJSON: () => new Date(1) }), new Date(1)],
    ['an object whose toJSON gives a Map', () => ({ toJSON: () => new Map([['a', 1]]) }), { a: 1 }],
    ['an object whose toJSON gives a Set', () => ({ toJSON: () => new Set([1]) }), [1]],
    ['an object whose toJSON gives bytes', () => ({ toJSON: () => Buffer.from('hello') }), 'aGVsbG8='],
    [
      'an object whose toJSON gives an Error',
      () => ({ toJSON: () => withoutStack(new Error('no')) }),
      { name: 'Error', message: 'no' },
    ],
    ['an object whose toJSON gives undefined, in an array', () => [{ toJSON: () => undefined }], [null]],
    [
      'an emitter, which is no stream',
      () => Object.assign(new EventEmitter(), { a: 1 }),
      expect.objectContaining({ a: 1 }),
    ],
  ])('keeps the parts of %s that JSON and Date can represent', async (_what, make, expected) => {
    const app = await startWithLogAndMemory();
    expect(app.field(make())).toStrictEqual(expected);
    expect(app.replaced).not.toHaveProperty('unreadable');
  });

  it.each<readonly [...Case, kind: string]>([
    ['not a number', () => Number.NaN, null, 'not-finite'],
    ['infinity', () => Number.POSITIVE_INFINITY, null, 'not-finite'],
    ['minus infinity', () => Number.NEGATIVE_INFINITY, null, 'not-finite'],
    ['not a number in a typed array', () => new Float64Array([Number.NaN]), [null], 'not-finite'],
    ['an invalid Date', () => new Date(Number.NaN), null, 'invalid-date'],
    ['a function', () => function enrol() {}, '[Function: enrol]', 'function'],
    ['a function without a name', () => (() => () => {})(), '[Function: anonymous]', 'function'],
    ['a class', () => Point, '[Function: Point]', 'function'],
    ['a symbol', () => Symbol('s'), 'Symbol(s)', 'symbol'],
    ['a boxed symbol', () => Object(Symbol('s')) as unknown, 'Symbol(s)', 'symbol'],
    ['a toJSON that gives no number', () => ({ toJSON: () => Number.NaN }), null, 'not-finite'],
    ['a promise', () => Promise.resolve(1), '[Promise]', 'opaque'],
    ['a promise of another realm', () => foreign('Promise.resolve(1)'), '[Promise]', 'opaque'],
    ['a stream', () => Readable.from([]), '[Readable]', 'opaque'],
    ['an Observable', () => of(1), '[Observable]', 'opaque'],
    ['a generator', () => (function* () { yield 1; })(), expect.stringMatching(/^\[.*\]$/), 'opaque'], // prettier-ignore
    ['an async generator', () => (async function* () { yield await Promise.resolve(1); })(), expect.stringMatching(/^\[.*\]$/), 'opaque'], // prettier-ignore
    ['a WeakMap', () => new WeakMap(), '[WeakMap]', 'opaque'],
    ['a WeakSet', () => new WeakSet(), '[WeakSet]', 'opaque'],
    ['a request', () => new IncomingMessage(new Socket()), '[IncomingMessage]', 'opaque'],
    ['a response', () => new ServerResponse(new IncomingMessage(new Socket())), '[ServerResponse]', 'opaque'],
    [
      'a stream in the field `raw`',
      () => ({ file: new (class Upload { readonly raw = Readable.from([]); readonly bytes = 1; })() }), // prettier-ignore
      { file: { raw: '[Readable]', bytes: 1 } },
      'opaque',
    ],
    ['a socket', () => new Socket(), '[Socket]', 'opaque'],
  ])('replaces %s by a text in brackets or by null, and counts it', async (_what, make, expected, kind) => {
    const app = await startWithLogAndMemory();
    expect(app.field(make())).toStrictEqual(expected);
    expect(app.replaced).toEqual({ [kind]: 1 });
    expect(app.logger.warnings).toEqual([expect.stringContaining(`"e" at data.v`)]);
  });

  it('does not subscribe to an Observable or advance a generator', async () => {
    const app = await startWithLogAndMemory();
    const begun: string[] = [];
    const generator = (function* () {
      begun.push('generator');
      yield 1;
    })();
    const observable = { subscribe: () => begun.push('observable'), pipe: () => observable, on: () => observable };
    app.emit({ generator, holder: new (class { readonly observable = observable; })() }); // prettier-ignore
    expect(begun).toEqual([]);
  });

  it('of a server is bounded, whatever it references', async () => {
    const app = await startWithLogAndMemory();
    app.emit({ server: createServer(), process, globalThis });
    expect(app.folder.text().length).toBeLessThan(3_000_000);
  });

  it('includes the stack of an Error', async () => {
    const app = await startWithLogAndMemory();
    expect(app.field(new Error('no'))).toEqual({
      name: 'Error',
      message: 'no',
      stack: expect.stringContaining('normal-form.spec'),
    });
  });

  it('is reported with the replaced value, once per name and path, and counted each time', async () => {
    const app = await startWithLogAndMemory();
    app.emit({ list: [1, { f: Number.NaN }] }, 'a');
    app.emit({ list: [1, { f: Number.NaN }] }, 'a');
    app.emit({ list: [1, { f: Number.NaN }] }, 'b');
    app.emit({ other: Number.NaN }, 'b');
    expect(app.replaced).toEqual({ 'not-finite': 4 });
    expect(app.logger.warnings).toEqual([
      expect.stringContaining('"a" at data.list.*.f'),
      expect.stringContaining('"b" at data.list.*.f'),
      expect.stringContaining('"b" at data.other'),
    ]);
  });

  it('is counted once per event, however many backends see it', async () => {
    const app = await startWithLogAndMemory();
    app.run.tracker.registerBackend('another', { send: () => {} });
    app.emit({ a: Number.NaN });
    expect(app.replaced).toEqual({ 'not-finite': 1 });
  });

  it('is a copy that shares no part with the value of the caller', async () => {
    const app = await startWithLogAndMemory();
    const data = { list: [{ a: 1 }], at: new Date(1), map: new Map([['k', { b: 1 }]]) };
    app.emit(data);
    data.list[0]!.a = 2;
    data.list.push({ a: 3 });
    data.at.setTime(2);
    data.map.get('k')!.b = 2;
    expect(app.run.last().data).toEqual({ list: [{ a: 1 }], at: new Date(1), map: { k: { b: 1 } } });
  });

  it('of a context is taken when it is entered', async () => {
    const app = await startWithLogAndMemory();
    app.run.tracker.context({ at: new Date(1), ids: new Set([1n]), f: () => 1, gone: undefined }, () => {
      const { context } = app.emit({});
      expect(context).toStrictEqual({ at: new Date(1), ids: ['1'], f: '[Function: f]' });
    });
    expect(app.replaced).toEqual({ function: 1 });
  });

  it('of the result of a processor is taken when it returns', async () => {
    const app = await startWithLogAndMemory();
    const made = { name: 'made', timestamp: new Date(1), context: { b: 2n }, data: { set: new Set([1]) } };
    app.run.tracker.registerProcessor(() => made);
    const event = app.emit({ a: 1 });
    made.data.set.add(2);
    expect(event).toMatchObject({ name: 'made', timestamp: new Date(1), context: { b: '2' }, data: { set: [1] } });
    expect(app.run.last().data).toEqual({ set: [1] });
  });
});
