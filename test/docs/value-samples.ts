import { Readable } from 'node:stream';
import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { Decimal } from '@prisma/client-runtime-utils';
import mongoose from 'mongoose';
import { BehaviorSubject, of, Subject } from 'rxjs';
import {
  Course,
  CourseKey,
  Point,
  caught,
  course,
  cyclic,
  errorWith,
  hex,
  keysTo,
  revoked,
  throws,
  tooDeep,
} from './value-makers';

/** What is emitted, what memory is to have of it, and its text in the log. */
type Sample = readonly [make: () => unknown, stored: unknown, json: string, replacedAt?: readonly string[]];

/** What becomes of each value in the table, by the first cell of its row. */
export const cases: Readonly<Record<string, readonly Sample[]>> = {
  'text, number, boolean, null': [
    [() => 'é\u{1f600}\n"\\\u2028', 'é\u{1f600}\n"\\\u2028', '"é\u{1f600}\\n\\"\\\\\u2028"'],
    [() => 1.5e-7, 1.5e-7, '1.5e-7'],
    [() => true, true, 'true'],
    [() => false, false, 'false'],
    [() => null, null, 'null'],
  ],
  'half of a surrogate pair': [
    [() => '\ud800', '\ud800', '"\\ud800"'],
    [() => ({ 'a\udfffb': 'c\ud800' }), { 'a\udfffb': 'c\ud800' }, '{"a\\udfffb":"c\\ud800"}'],
  ],
  Date: [
    [() => new Date(5), new Date(5), '"1970-01-01T00:00:00.005Z"'],
    [() => new Date(8.64e15), new Date(8.64e15), '"+275760-09-13T00:00:00.000Z"'],
  ],
  'invalid Date': [[() => new Date(Number.NaN), null, 'null']],
  undefined: [
    [() => ({ a: undefined, b: 1 }), { b: 1 }, '{"b":1}'],
    [() => [undefined, 1], [null, 1], '[null,1]'],
  ],
  'NaN, Infinity, -Infinity': [
    [() => Number.NaN, null, 'null'],
    [() => Number.POSITIVE_INFINITY, null, 'null'],
    [() => Number.NEGATIVE_INFINITY, null, 'null'],
  ],
  '-0': [[() => -0, 0, '0']],
  bigint: [
    [() => 12345678901234567890n, '12345678901234567890', '"12345678901234567890"'],
    [() => -1n, '-1', '"-1"'],
  ],
  'hole in an array': [
    [() => new Array(2), [null, null], '[null,null]'],
    [() => Object.assign(new Array(3), { 1: 'a' }), [null, 'a', null], '[null,"a",null]'],
  ],
  Map: [
    [
      () => new Map<unknown, unknown>([['a', new Set([1])], [2, 'b'], [null, 'c'], ['d', undefined]]), // prettier-ignore
      { 2: 'b', a: [1], null: 'c' },
      '{"2":"b","a":[1],"null":"c"}',
    ],
  ],
  'Map whose keys clash or are objects': [
    [() => new Map<unknown, unknown>([[1, 'a'], ['1', 'b']]), [[1, 'a'], ['1', 'b']], '[[1,"a"],["1","b"]]'], // prettier-ignore
    [() => new Map([[{ k: 1 }, 'a']]), [[{ k: 1 }, 'a']], '[[{"k":1},"a"]]'],
    [() => new Map([[course()._id, 1]]), [[hex, 1]], `[["${hex}",1]]`],
  ],
  Set: [[() => new Set([1, 'a', new Set([2n])]), [1, 'a', ['2']], '[1,"a",["2"]]']],
  Error: [
    [
      () => errorWith('full', { code: 'E_FULL', cause: errorWith('disk', { cause: 'quota' }) }),
      {
        name: 'Error',
        message: 'full',
        stack: 'Error: at f',
        cause: { name: 'Error', message: 'disk', stack: 'Error: at f', cause: 'quota' },
        code: 'E_FULL',
      },
      '{"name":"Error","message":"full","stack":"Error: at f","cause":{"name":"Error","message":"disk","stack":"Error: at f","cause":"quota"},"code":"E_FULL"}',
    ],
    [
      () => Object.assign(new AggregateError([errorWith('one'), 2], 'both'), { stack: 'AggregateError: at f' }),
      {
        name: 'AggregateError',
        message: 'both',
        stack: 'AggregateError: at f',
        errors: [{ name: 'Error', message: 'one', stack: 'Error: at f' }, 2],
      },
      '{"name":"AggregateError","message":"both","stack":"AggregateError: at f","errors":[{"name":"Error","message":"one","stack":"Error: at f"},2]}',
    ],
  ],
  'Buffer, Uint8Array, ArrayBuffer, DataView': [
    [() => Buffer.from('hello'), 'aGVsbG8=', '"aGVsbG8="'],
    [() => new Uint8Array([9, 1, 2, 255]).subarray(1), 'AQL/', '"AQL/"'],
    [() => new Uint8Array([1, 2, 255]).buffer, 'AQL/', '"AQL/"'],
    [() => new DataView(new Uint8Array([9, 1, 2]).buffer, 1), 'AQI=', '"AQI="'],
  ],
  'other typed arrays': [
    [() => new Float32Array([0.5, -1]), [0.5, -1], '[0.5,-1]'],
    [() => new BigInt64Array([1n, -1n]), ['1', '-1'], '["1","-1"]'],
    [() => new Uint8ClampedArray([1, 300]), [1, 255], '[1,255]'],
  ],
  'URL, RegExp, URLSearchParams': [
    [() => new URL('https://example.org/a?b=1#c'), 'https://example.org/a?b=1#c', '"https://example.org/a?b=1#c"'],
    [() => /a\/b/giu, '/a\\/b/giu', '"/a\\\\/b/giu"'],
    [() => new URLSearchParams({ a: '1 2' }), 'a=1+2', '"a=1+2"'],
  ],
  'other class instances, objects without a prototype': [
    [() => new Point(3), { x: 3 }, '{"x":3}'],
    [() => Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }, '{"a":1}'],
  ],
  'boxed text, number, boolean': [
    [() => Object('a') as unknown, 'a', '"a"'],
    [() => Object(1) as unknown, 1, '1'],
    [() => Object(false) as unknown, false, 'false'],
  ],
  'object with `toJSON`': [
    [() => new CourseKey('X'), 'course-v1:X', '"course-v1:X"'],
    [() => ({ toJSON: () => ({ ids: new Set([1n]), at: new Date(5) }) }), { ids: ['1'], at: new Date(5) }, '{"ids":["1"],"at":"1970-01-01T00:00:00.005Z"}'], // prettier-ignore
    [() => ({ toJSON: () => [new CourseKey('X')] }), ['course-v1:X'], '["course-v1:X"]'],
  ],
  '`toJSON` that gives itself, or another object with `toJSON`': [
    [() => Object.create({ toJSON() { return this; } }, { a: { value: 1, enumerable: true } }) as object, { a: 1 }, '{"a":1}'], // prettier-ignore
    [() => ({ toJSON: () => new CourseKey('X') }), { org: 'X' }, '{"org":"X"}'],
  ],
  '`toJSON` that gives undefined': [
    [() => ({ a: { toJSON: () => undefined } }), {}, '{}'],
    [() => [{ toJSON: () => undefined }], [null], '[null]'],
  ],
  'mongoose document, its arrays and Maps': [
    [
      course,
      { title: 'Demo', at: new Date(5), lessons: [{ title: 'One' }], seats: { audit: 3 }, _id: hex },
      `{"title":"Demo","at":"1970-01-01T00:00:00.005Z","lessons":[{"title":"One"}],"seats":{"audit":3},"_id":"${hex}"}`,
    ],
    [() => course().lessons, [{ title: 'One' }], '[{"title":"One"}]'],
    [() => course().lessons[0], { title: 'One' }, '{"title":"One"}'],
    [() => course().seats, { audit: 3 }, '{"audit":3}'],
  ],
  'ObjectId, UUID of MongoDB': [
    [() => new mongoose.Types.ObjectId(hex), hex, `"${hex}"`],
    [
      () => new mongoose.mongo.UUID('1f0bb910-af5d-4299-ad6b-b8f3e8f554a7'),
      '1f0bb910-af5d-4299-ad6b-b8f3e8f554a7',
      '"1f0bb910-af5d-4299-ad6b-b8f3e8f554a7"',
    ],
  ],
  'Decimal of Prisma, decimal.js': [
    [() => new Decimal('12.340'), '12.34', '"12.34"'],
    [() => new Decimal('0.1234567890123456789'), '0.1234567890123456789', '"0.1234567890123456789"'],
  ],
  'Long, Decimal128, Timestamp of MongoDB': [
    [() => mongoose.mongo.Long.fromString('9007199254740993'), '9007199254740993', '"9007199254740993"'],
    [() => mongoose.mongo.Long.fromString('-1'), '-1', '"-1"'],
    [() => mongoose.Types.Decimal128.fromString('9.90'), '9.90', '"9.90"'],
    [() => new mongoose.mongo.Timestamp({ t: 1, i: 2 }), '4294967298', '"4294967298"'],
  ],
  'Double, Int32 of MongoDB': [
    [() => new mongoose.mongo.Double(2.5), 2.5, '2.5'],
    [() => new mongoose.mongo.Int32(3), 3, '3'],
  ],
  'the same object at several places': [
    [
      () => { const shared = { a: [1] }; return { one: shared, two: [shared, { three: shared }] }; }, // prettier-ignore
      { one: { a: [1] }, two: [{ a: [1] }, { three: { a: [1] } }] },
      '{"one":{"a":[1]},"two":[{"a":[1]},{"three":{"a":[1]}}]}',
    ],
  ],
  'function, class': [
    [() => function name() {}, '[Function: name]', '"[Function: name]"'],
    [() => (() => () => {})(), '[Function: anonymous]', '"[Function: anonymous]"'],
    [() => Point, '[Function: Point]', '"[Function: Point]"'],
  ],
  symbol: [[() => Symbol('name'), 'Symbol(name)', '"Symbol(name)"']],
  'Promise, query that was not awaited, whatever else has a `then`': [
    [() => Promise.resolve(1), '[Promise]', '"[Promise]"'],
    [() => Course.find({ title: 'Demo' }), '[Query]', '"[Query]"'],
    [() => Course.aggregate([]), '[Aggregate]', '"[Aggregate]"'],
    [() => new (class Deferred { then(): void {} readonly secret = 1; })(), '[Deferred]', '"[Deferred]"'], // prettier-ignore
  ],
  'stream, socket, server, timer': [
    [() => Readable.from([]), '[Readable]', '"[Readable]"'],
    [() => new ReadableStream(), '[ReadableStream]', '"[ReadableStream]"'],
    [() => new Socket(), '[Socket]', '"[Socket]"'],
    [() => createServer(), '[Server]', '"[Server]"'],
    [
      () => {
        const timer = setTimeout((_secret: string) => {}, 1000, 'secret');
        clearTimeout(timer);
        return timer;
      },
      '[Timeout]',
      '"[Timeout]"',
    ],
  ],
  'Observable, Subject': [
    [() => of(1), '[Observable]', '"[Observable]"'],
    [() => new Subject(), '[Subject]', '"[Subject]"'],
    [() => new BehaviorSubject({ secret: 1 }), '[BehaviorSubject]', '"[BehaviorSubject]"'],
  ],
  'request or response of Express, Fastify, `fetch`': [
    [() => caught.get('Express')?.request, '[IncomingMessage]', '"[IncomingMessage]"'],
    [() => caught.get('Express')?.response, '[ServerResponse]', '"[ServerResponse]"'],
    [() => caught.get('Fastify')?.request, '[Request]', '"[Request]"'],
    [() => caught.get('Fastify')?.response, '[Reply]', '"[Reply]"'],
    [() => new Request('http://127.0.0.1/', { headers: { cookie: 'secret' } }), '[Request]', '"[Request]"'],
    [() => new Response('secret'), '[Response]', '"[Response]"'],
    [() => new Headers({ cookie: 'secret' }), '[Headers]', '"[Headers]"'],
  ],
  'generator, iterator, WeakMap, WeakSet, other machinery without fields': [
    [() => (function* () { yield 1; })(), '[Generator]', '"[Generator]"'], // prettier-ignore
    [() => (async function* () { yield await Promise.resolve(1); })(), '[AsyncGenerator]', '"[AsyncGenerator]"'], // prettier-ignore
    [() => new Map([[1, 2]]).entries(), '[Map Iterator]', '"[Map Iterator]"'],
    [() => new WeakMap(), '[WeakMap]', '"[WeakMap]"'],
    [() => new WeakSet(), '[WeakSet]', '"[WeakSet]"'],
    [() => new WeakRef({}), '[WeakRef]', '"[WeakRef]"'],
    [() => new AbortController().signal, '[AbortSignal]', '"[AbortSignal]"'],
  ],
  'object inside itself': [
    [cyclic, { a: 1, self: '[Circular]' }, '{"a":1,"self":"[Circular]"}', ['self']],
    [
      () => { const error = errorWith('a'); error.cause = { of: [error] }; return error; }, // prettier-ignore
      { name: 'Error', message: 'a', stack: 'Error: at f', cause: { of: ['[Circular]'] } },
      '{"name":"Error","message":"a","stack":"Error: at f","cause":{"of":["[Circular]"]}}',
      ['cause.of.*'],
    ],
  ],
  'getter that throws, `toJSON` that throws, revoked proxy': [
    [
      () => ({ get a() { return throws(); }, b: 1 }), // prettier-ignore
      { a: '[Unreadable: TypeError: why]', b: 1 },
      '{"a":"[Unreadable: TypeError: why]","b":1}',
      ['a'],
    ],
    [() => ({ toJSON: throws, b: 1 }), '[Unreadable: TypeError: why]', '"[Unreadable: TypeError: why]"'],
    [
      revoked,
      expect.stringMatching(/^\[Unreadable: TypeError: Cannot perform '\w+' on a proxy that has been revoked\]$/),
      '"[Unreadable: TypeError: Cannot perform on a proxy that has been revoked]"',
    ],
  ],
  'beyond `limits.maxDepth`': [
    [
      tooDeep,
      JSON.parse(`${'['.repeat(63)}"[Left out: too deep]"${']'.repeat(63)}`),
      `${'['.repeat(63)}"[Left out: too deep]"${']'.repeat(63)}`,
      ['*.*.*.*.….*.*.*.*'], // the way to it begins with the list of samples
    ],
  ],
  'array beyond `limits.maxNodes`': [
    [
      () => new Array<number>(20_001).fill(7), // the list of samples and this array are values too
      [...new Array<number>(19_998).fill(7), '[Left out: 3 more items]'],
      `[${'7,'.repeat(19_998)}"[Left out: 3 more items]"]`,
    ],
  ],
  'object beyond `limits.maxNodes`': [
    [
      () => Object.fromEntries(keysTo(20_001).map((key) => [key, 7])),
      { ...Object.fromEntries(keysTo(19_998).map((key) => [key, 7])), '[Left out]': '3 more keys' },
      `{${keysTo(19_998).map((key) => `"${key}":7,`).join('')}"[Left out]":"3 more keys"}`, // prettier-ignore
    ],
  ],
  'text or bytes beyond `limits.maxTextLength`': [
    [() => 'x'.repeat(1_000_001), '[Left out: text of 1000001 characters]', '"[Left out: text of 1000001 characters]"'],
    [() => Buffer.alloc(750_001), '[Left out: 750001 bytes]', '"[Left out: 750001 bytes]"'],
    [() => 1n << 4_000_000n, '[Left out: about 1204121 digits]', '"[Left out: about 1204121 digits]"'],
  ],
  'key of more than 100 characters beyond `limits.maxTextLength`': [
    [
      () => ({ ['k'.repeat(1_000_001)]: 1, a: 2 }),
      { a: 2, '[Left out: long keys]': 1 },
      '{"a":2,"[Left out: long keys]":1}',
    ],
  ],
};
