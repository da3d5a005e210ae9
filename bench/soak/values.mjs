// Values of every kind that JavaScript has, honest and hostile, from a seed: the same seed makes
// the same events again.
import { PassThrough } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { of } from 'rxjs';

/**
 * Stands only in fields called password, which every branch redacts: no log and no memory may have
 * it.
 */
export const SECRET = 'hunter2-hunter2';

const NAMES = [
  'problem_check',
  'play_video',
  'edx.course.enrollment.activated',
  'edx.video.position.changed',
  'page_close',
  'toString',
  'é.ü',
  '__proto__',
];
const KEYS = [
  'id',
  'email',
  'password',
  'user',
  'answers',
  'Token',
  '__proto__',
  'constructor',
  'toJSON2',
  'length',
  '0',
  'a.b',
  '*',
  'é',
  '',
  'ключ',
  'x'.repeat(300),
];
const TEXTS = [
  '',
  'ada@example.org',
  'a "quoted" text',
  '\u0000\u001f\u2028\u2029',
  '\ud800 alone',
  '𝒳𝒴',
  'block-v1:edX+DemoX+type@problem+block@a0',
  '</script>',
  '[redacted]',
  '{"a":1}',
];

class Course {
  #hidden = 1;
  constructor(title) {
    this.title = title;
  }
  get derived() {
    return this.#hidden;
  }
}

/** mulberry32: small, fast, and good enough to reach every kind of value. */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (limit) => Math.floor(next() * limit), pick: (list) => list[Math.floor(next() * list.length)] };
}

export class Values {
  /** @param emit called by values that emit while they are read */
  constructor(seed, emit) {
    this.random = randomOf(seed);
    this.emit = emit;
  }

  name() {
    const { random } = this;
    if (random.below(100) > 0) return random.below(20) === 0 ? `name_${random.below(5000)}` : random.pick(NAMES);
    return random.pick([
      undefined,
      null,
      '',
      0,
      7n,
      {},
      [],
      Symbol('name'),
      new Date(Number.NaN),
      'n'.repeat(5000),
      revoked({}),
      () => 1,
    ]);
  }

  context() {
    const context = { user_id: this.random.below(3000), course_id: `course-${this.random.below(50)}` };
    if (this.random.below(4) === 0) {
      // Not by assignment: `__proto__` would make a revoked proxy its prototype, and the next line
      // throw.
      const field = { value: this.value(2), enumerable: true, configurable: true, writable: true };
      Object.defineProperty(context, this.random.pick(KEYS), field);
    }
    if (this.random.below(10) === 0) context.password = SECRET;
    return context;
  }

  data() {
    const { random } = this;
    if (random.below(50) === 0) return this.value(0);
    if (random.below(500) === 0) return this.huge();
    return this.fields(0);
  }

  fields(depth) {
    const fields = random(this, 8) === 0 ? Object.create(null) : {};
    for (let left = this.random.below(6); left > 0; left--) {
      const key = this.random.pick(KEYS);
      const value = key === 'password' ? SECRET : this.value(depth + 1);
      // As JSON.parse does: `fields.__proto__ = value` would set the prototype.
      Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
    }
    return fields;
  }

  value(depth) {
    const { random } = this;
    if (depth < 5 && random.below(3) === 0) {
      return random.below(2) === 0
        ? this.fields(depth)
        : Array.from({ length: random.below(5) }, () => this.value(depth + 1));
    }
    const kind = random.below(8) === 0 ? random.pick(ODD) : random.pick(PLAIN);
    return kind(this, depth + 1);
  }

  /** Beyond one of the limits. */
  huge() {
    return this.random.pick([
      () => ({ text: 'x'.repeat(1_100_000) }),
      () => ({ list: new Array(30_000).fill(1) }),
      () => ({ bytes: Buffer.alloc(900_000) }),
      () => ({ sparse: new Array(4_000_000_000) }),
      () => ({ digits: 1n << 40_000n }),
      () => ({ keys: Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`key_${at}`, at])) }),
      () => nested(200),
    ])();
  }
}

const PLAIN = [
  ({ random }) => random.pick(TEXTS),
  ({ random }) => 'word '.repeat(random.below(20)),
  ({ random }) => random.below(1e9),
  ({ random }) => random.next(),
  ({ random }) => random.below(2) === 0,
  () => null,
  ({ random }) => new Date(random.below(2e12)),
];

/**
 * A stream, a promise that waits and the like are made once: what is tested is that they are not
 * walked, not that they end.
 */
const STREAM = new PassThrough();
const OBSERVABLE = of(1);
const PROMISE = new Promise(() => undefined);
const OTHER_REALM = runInNewContext('({ date: new Date(5), map: new Map([[1, 2]]), error: new Error("other") })');

const ODD = [
  () => undefined,
  () => Number.NaN,
  () => Number.NEGATIVE_INFINITY,
  () => -0,
  ({ random }) => BigInt(random.below(1e9)) ** 3n,
  () => Symbol('odd'),
  () => Symbol.iterator,
  () => function odd() {},
  () => async () => undefined,
  () => Course,
  (values, depth) => new Course(values.value(depth)),
  (values, depth) =>
    new Map([
      ['a', values.value(depth)],
      [1, 'one'],
      ['1', 'text one'],
    ]),
  (values, depth) => new Map([[{}, values.value(depth)]]),
  (values, depth) => new Set([1, values.value(depth), 1]),
  (values, depth) =>
    Object.assign(new Error('failed', { cause: values.value(depth) }), { code: 'E', password: SECRET }),
  () => new AggregateError([new TypeError('one'), 'two'], 'many'),
  () => Buffer.from('bytes'),
  () => new Float64Array([1, Number.NaN]),
  () => new BigInt64Array(2),
  () => new ArrayBuffer(8),
  () => new DataView(new ArrayBuffer(4)),
  () => new URL('https://example.org/?a=1'),
  () => new URLSearchParams('a=1&a=2'),
  () => /x+/gu,
  () => new Date(Number.NaN),
  () => Object('boxed'),
  () => Object(5n),
  () => new WeakMap(),
  () => PROMISE,
  () => STREAM,
  () => OBSERVABLE,
  () => OTHER_REALM,
  () => (function* generated() { yield 1; })(), // prettier-ignore
  () => [1, , 3],
  () => cyclic(),
  (values, depth) => shared(values.value(depth)),
  () => revoked({}),
  () => revoked([]),
  () => revoked(() => undefined),
  () => new Proxy({}, { ownKeys: fail, get: fail, getPrototypeOf: fail }),
  () => ({ get a() { return fail(); }, b: 1 }), // prettier-ignore
  () => ({ toJSON: fail }),
  () => ({ toJSON() { return this; } }), // prettier-ignore
  () => ({ toJSON: async () => 1 }),
  (values, depth) => ({ toJSON: () => values.fields(depth) }),
  () => ({ toString: fail, valueOf: fail, [Symbol.toPrimitive]: fail, kept: 1 }),
  () => ({ then: 1, pipe: 2, subscribe: 3 }),
  () => Object.freeze({ frozen: Object.freeze([1]) }),
  () => nested(40),
  (values) => ({ get emits() { values.emit('emitted_by_a_getter', { nested: true }); return 1; } }), // prettier-ignore
];

function random(values, limit) {
  return values.random.below(limit);
}

function fail() {
  throw new Error('hostile');
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function cyclic() {
  const value = { list: [] };
  value.self = value;
  value.list.push(value, new Map([['up', value]]));
  return value;
}

function shared(value) {
  const once = { value };
  return { first: once, second: once, list: [once, once] };
}

function nested(depth) {
  let value = { bottom: true };
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? { down: value } : [value];
  return value;
}
