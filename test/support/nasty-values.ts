import { EventEmitter, Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { of } from 'rxjs';

/**
 * Any value of JavaScript as a description: one that has to be read in a report of a failed
 * property, and shrunk, must not be a revoked proxy itself.
 */
export type ValuePlan =
  | { readonly plain: unknown }
  | { readonly nasty: keyof typeof nasty }
  | { readonly array: readonly ValuePlan[] }
  | { readonly object: readonly (readonly [key: string, value: ValuePlan])[] }
  | { readonly map: readonly (readonly [key: ValuePlan, value: ValuePlan])[] }
  | { readonly set: readonly ValuePlan[] }
  | { readonly toJSON: ValuePlan }
  | { readonly getter: ValuePlan }
  | { readonly cause: ValuePlan };

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function throws(): never {
  throw new Error('nasty');
}

function cyclic(): object {
  const value: Record<string, unknown> = { list: [] };
  value['self'] = value;
  (value['list'] as unknown[]).push(value, new Map([['up', value]]));
  return value;
}

function deep(): object {
  let value: object = {};
  for (let at = 0; at < 500; at++) value = at % 2 === 0 ? { value } : [value];
  return value;
}

const trap: ProxyHandler<object> = {
  get: throws,
  ownKeys: throws,
  getPrototypeOf: throws,
  has: throws,
  getOwnPropertyDescriptor: throws,
};

/** Made anew for each use: some of them can be used once only. */
const nasty = {
  revokedObject: () => revoked({}),
  revokedArray: () => revoked([]),
  revokedFunction: () => revoked(throws),
  trappedObject: () => new Proxy({}, trap),
  trappedArray: () => new Proxy([], trap),
  throwingGetter: () => ({ get a(): never { return throws(); }, b: 1 }), // prettier-ignore
  throwingJson: () => ({ toJSON: throws }),
  throwingThen: () => ({ get then(): never { return throws(); } }), // prettier-ignore
  throwingText: () => ({ toString: throws, valueOf: throws, [Symbol.toPrimitive]: throws }),
  selfJson: () => ({ toJSON() { return this; } }), // prettier-ignore
  jsonOfNothing: () => ({ toJSON: () => undefined }),
  cyclic,
  deep,
  wide: () => Array.from({ length: 30_000 }, (_item, at) => at),
  sparse: () => new Array<unknown>(4_000_000_000),
  longText: () => 'x'.repeat(1_200_000),
  longKey: () => ({ ['k'.repeat(1_200_000)]: 1 }),
  hugeBuffer: () => Buffer.alloc(2_000_000),
  hugeBigint: () => 1n << 100_000n,
  function: () => throws,
  asyncFunction: () => async () => Promise.reject(new Error('nasty')),
  class: () => class Nasty { static get name(): never { return throws(); } }, // prettier-ignore
  symbol: () => Symbol('nasty'),
  wellKnownSymbol: () => Symbol.iterator,
  symbolKey: () => ({ [Symbol('nasty')]: 1 }),
  nan: () => Number.NaN,
  infinity: () => Number.NEGATIVE_INFINITY,
  minusZero: () => -0,
  invalidDate: () => new Date(Number.NaN),
  pretendedDate: () => Object.create(Date.prototype) as unknown,
  foreignDate: () => runInNewContext('new Date(5)') as unknown,
  foreignError: () => runInNewContext('new RangeError("far")') as unknown,
  resolved: () => Promise.resolve(1),
  rejected: () => {
    const promise = Promise.reject(new Error('nasty'));
    promise.catch(() => undefined); // its owner's to handle, unless a processor returns it
    return promise;
  },
  thenable: () => ({ then: (done: () => void) => done() }),
  stream: () => Readable.from([]),
  observable: () => of(1),
  emitter: () => new EventEmitter(),
  generator: () => (function* () { yield throws(); })(), // prettier-ignore
  endlessSet: () => new (class extends Set<number> { override *[Symbol.iterator](): SetIterator<number> { for (;;) yield 1; } })([1]), // prettier-ignore
  weakMap: () => new WeakMap(),
  weakRef: () => new WeakRef({}),
  error: () => new AggregateError([new Error('a', { cause: cyclic() })], 'both'),
  boxedSymbol: () => Object(Symbol('nasty')) as object,
  url: () => new URL('https://example.org/\u2028'),
  parameters: () => new URLSearchParams('a=1&a=2'),
  regExp: () => /\n/u,
  loneSurrogate: () => '\ud800',
  lineBreaks: () => '\n\r\u2028\u2029\u0085\u0000',
  prototypeKeys: () =>
    JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}') as unknown,
  forgedEvent: () => ({ name: 'forged', id: 'forged', timestamp: 1, context: null, data: [], extra: undefined }),
  globalObject: () => globalThis,
  intl: () => new Intl.DateTimeFormat('en'),
} satisfies Record<string, () => unknown>;

const key = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'toJSON', 'then', 'id', 'name', 'length', '0', ''),
);

/** Plans of any value: what fast-check makes, what is above, and both inside each other. */
export const anyValue: fc.Arbitrary<ValuePlan> = fc.letrec<{ value: ValuePlan }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      plain: fc.anything({
        withBigInt: true,
        withBoxedValues: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withObjectString: true,
        withSet: true,
        withSparseArray: true,
        withTypedArray: true,
        key: fc.string({ unit: 'binary' }),
        maxDepth: 2,
      }),
    }),
    fc.record({ nasty: fc.constantFrom(...(Object.keys(nasty) as (keyof typeof nasty)[])) }),
    fc.record({ array: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ object: fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }) }),
    fc.record({ map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }) }),
    fc.record({ set: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ toJSON: tie('value') }),
    fc.record({ getter: tie('value') }),
    fc.record({ cause: tie('value') }),
  ),
})).value;

export function make(plan: ValuePlan): unknown {
  if ('plain' in plan) return plan.plain;
  if ('nasty' in plan) return nasty[plan.nasty]();
  if ('array' in plan) return plan.array.map(make);
  if ('map' in plan) return new Map(plan.map.map(([from, to]) => [make(from), make(to)]));
  if ('set' in plan) return new Set(plan.set.map(make));
  if ('toJSON' in plan) return { toJSON: () => make(plan.toJSON) };
  if ('getter' in plan) return Object.defineProperty({}, 'got', { enumerable: true, get: () => make(plan.getter) });
  if ('cause' in plan) return new Error('nasty', { cause: make(plan.cause) });
  const object = {};
  for (const [name, value] of plan.object) {
    Object.defineProperty(object, name, { value: make(value), enumerable: true, writable: true, configurable: true });
  }
  return object;
}
