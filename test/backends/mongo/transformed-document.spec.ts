import fc from 'fast-check';
import mongoose from 'mongoose';
import { of, Subject } from 'rxjs';
import { RefusedDocument } from '../../../src/backends/mongo/event-document';
import { transformedDocument } from '../../../src/backends/mongo/transformed-document';
import { describeWithServices } from '../../support/services';
import { event, ownDatabase, startMongo, stored } from './support';

const { BSON } = mongoose.mongo;
const nested = (levels: number): object => (levels === 1 ? {} : { v: nested(levels - 1) });
const one = event({ isbn: '978-3' });

function made(value: unknown): unknown {
  const document = transformedDocument(one, () => value);
  return document instanceof RefusedDocument ? document.reason : document;
}

class Loan {
  readonly book = 'secret';
  get title(): string {
    return 'secret';
  }
}
class Hidden {
  readonly #book = 'secret';
  get book(): string {
    return this.#book;
  }
}
const circular: Record<string, unknown> = { a: 1 };
circular['self'] = [circular];

describe('The document that transform makes', () => {
  it.each<[string, unknown, RegExp]>([
    ['a promise', Promise.resolve({ a: 1 }), /^transform returned a promise, which is not awaited$/],
    ['a promise that fails', Promise.reject(new Error('secret')), /^transform returned a promise/],
    ['a thenable', { a: 1, then: () => undefined }, /^transform returned a promise/],
    ['a Map', new Map([['a', 1]]), /^transform returned an object of the class Map, not an object with fields$/],
    ['a Set', new Set([1]), /class Set, not/],
    ['a Date', new Date(0), /class Date, not/],
    ['a Buffer', Buffer.from('secret'), /class Buffer, not/],
    ['an id', new mongoose.Types.ObjectId(), /class ObjectId, not/],
    ['an error', Object.assign(new TypeError('secret'), { code: 1 }), /class TypeError, not/],
    ['a boxed string', Object('secret'), /class String, not/],
    ['an Observable', of(1), /class Observable, not/],
    ['a class without fields of its own', new Hidden(), /class Hidden, not/],
    ['a generator', (function* () {})(), /^transform returned an object.*, not an object with fields$/],
    ['a list', [{ a: 1 }], /^transform returned a list, not/],
    ['a string', 'secret', /^transform returned string, not/],
    ['nothing', undefined, /^transform returned undefined, not/],
    ['null', null, /^transform returned null, not/],
    ['an empty object', {}, /^transform returned an object without fields$/],
    ['nothing but an _id', { _id: 'secret' }, /^transform returned an object without fields$/],
    ['nothing but functions', { a: () => 1, b: Symbol('secret') }, /^transform returned an object without fields$/],
    ['a toBSON without an object', { toBSON: () => 'secret' }, /not an object with fields$/],
  ])('is refused for %s', (_what, value, reason) => {
    expect(made(value)).toEqual(expect.stringMatching(reason));
    expect(made(value)).not.toContain('secret');
  });

  it.each<[string, unknown, RegExp]>([
    ['a promise', Promise.resolve('secret'), /^a value is a promise, which is not awaited$/],
    ['a promise that fails', Promise.reject(new Error('secret')), /^a value is a promise/],
    ['a query that runs when it is awaited', { then: () => undefined }, /^a value is a promise/],
    ['a Set', new Set(['secret']), /^a value is an object of the class Set, of which nothing would be stored$/],
    ['an error', new Error('secret'), /class Error,/],
    ['a URL', new URL('https://secret.example'), /class URL,/],
    ['an ArrayBuffer', new ArrayBuffer(3), /class ArrayBuffer,/],
    ['a Subject', new Subject(), /class Subject,/],
    ['a stream', process.stdin, /an object of the class \w+,/],
    ['a timer', setTimeout(() => undefined, 0), /class Timeout,/],
    ['an invalid date', new Date(NaN), /^a date is invalid$/],
    ['an integer beyond 64 bits', -(2n ** 63n) - 1n, /^an integer is beyond 64 bits$/],
    ['a Map with a key that is no string', new Map([[1, 'secret']]), /^a key of a Map is not a string$/],
    ['itself', circular, /^a value contains itself$/],
    ['too many levels', nested(100), /^it is nested deeper than 100 levels$/],
  ])('is refused for %s in a field, in a list and in a Map', (_what, value, reason) => {
    for (const shape of [{ book: value }, { loans: [{ value }] }, { map: new Map([['k', value]]) }]) {
      expect(made(shape)).toEqual(expect.stringMatching(reason));
      expect(made(shape)).not.toContain('secret');
    }
  });

  it('has a bounded walk, however often its parts share other parts', () => {
    let shared: object = { leaf: 'x'.repeat(1000) };
    for (let level = 0; level < 60; level++) shared = { left: shared, right: shared };
    expect(made(shared)).toBe('it is larger than the 16 MB of a document');
  });

  it('keeps what BSON has a type for', () => {
    const fields = {
      at: new Date(5),
      user: new mongoose.Types.ObjectId(),
      price: mongoose.Types.Decimal128.fromString('1.50'),
      big: 2n ** 63n - 1n,
      cover: Buffer.from('x'),
      pattern: /^x/i,
      none: null,
      list: [[1, 'x'], new Map([['k', true]])],
      deep: nested(99),
    };
    expect(made(fields)).toEqual({ _id: one.id, ...fields, list: [[1, 'x'], { k: true }] });
  });

  it('has the own fields of an instance, the values of its own accessors, and what toBSON gives', () => {
    let reads = 0;
    const value = {
      loan: new Loan(),
      get count() {
        return ++reads;
      },
      wrapped: { machinery: new Set(), toBSON: () => ({ isbn: '978-3' }) },
      numbers: new Int16Array([1, 2]),
      f: () => 1,
    };
    expect(made(value)).toEqual({
      _id: one.id,
      loan: { book: 'secret' },
      count: 1,
      wrapped: { isbn: '978-3' },
      numbers: [1, 2],
    });
    expect(made(new Loan())).toEqual({ _id: one.id, book: 'secret' });
    expect(reads).toBe(1);
  });

  it('is what a document of mongoose stores', () => {
    const Model = mongoose.model(`Loan${String(Date.now())}`, new mongoose.Schema({ book: String, tags: [String] }));
    const document = made(new Model({ book: 'b', tags: ['x'] })) as object;
    expect(document).toEqual({ _id: one.id, book: 'b', tags: ['x'] });
  });

  it('keeps __proto__ as an ordinary key', () => {
    const document = made({ data: JSON.parse('{"__proto__":{"a":1}}') as object }) as { data: object };
    expect(Object.keys(document.data)).toEqual(['__proto__']);
  });

  it('is refused, without its words, where transform or a field of its result throws', () => {
    class BookError extends Error {
      override readonly name = 'BookError';
    }
    const value = {
      get book() {
        throw new BookError('secret');
      },
    };
    expect(made(value)).toBe('transform failed (BookError)');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(made(proxy)).toBe('transform failed (TypeError)');
  });

  it('stores all that it has, or is refused', () => {
    fc.assert(
      fc.property(
        fc.object({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
        }),
        (value) => {
          const document = made({ value });
          if (typeof document === 'string') return;
          const { value: read } = BSON.deserialize(BSON.serialize(document as object, { ignoreUndefined: false }), {
            useBigInt64: true,
          }) as {
            value: object;
          };
          expect(Object.keys(read).sort()).toEqual(Object.keys(value).sort());
          for (const [key, field] of Object.entries(value))
            if (field instanceof Map) expect(Object.keys(read[key as never])).toHaveLength(field.size);
            else if (field instanceof Set) throw new Error('a Set was stored');
        },
      ),
    );
  });
});

describeWithServices(['mongo'], 'MongoBackend, with a transform that returns promises,', (urls) => {
  it('rejects those events for good, stores nothing of them, and says once what to do', async () => {
    const database = ownDatabase(urls.mongo);
    const transform = ({ data }: { data: object }): object =>
      'late' in data ? Promise.reject(new Error('secret')) : data;
    const { send, warnings } = await startMongo(database.url, { transform });
    const reason = 'transform returned a promise, which is not awaited';
    for (let times = 0; times < 2; times++)
      expect(await send([event({ late: 1 }), event({ n: 1 })])).toEqual([{ index: 0, reason, retryable: false }]);
    expect(await stored(database.collection())).toEqual([
      { _id: expect.any(String), n: 1 },
      { _id: expect.any(String), n: 1 },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/promise.*dead letters\. Fix: return the document itself/)]);
  });
});
