// What may be handed to `emit` in the worst case: bodies that arrive as JSON, and values of
// JavaScript. Each is made anew for each use.

const MAX_BYTES = 1_000_000;

/** As many of `item` as fit into a body, joined by commas. */
function filled(before, item, after, bytes) {
  const make = typeof item === 'function' ? item : () => item;
  const parts = [];
  let length = before.length + after.length;
  for (let at = 0; ; at++) {
    const part = make(at);
    length += part.length + 1;
    if (length > bytes) return `${before}${parts.join()}${after}`;
    parts.push(part);
  }
}

function nested(open, close, depth, inner) {
  return open.repeat(depth) + inner + close.repeat(depth);
}

/** The signs are of one byte each, so that a length is a size. */
const key = (at, length) => `${'k'.repeat(length - 7)}${String(at).padStart(7, '0')}`;

/**
 * Bodies by what is bad about them: JSON texts of at most `bytes` bytes.
 * @param {number} bytes
 */
export function worstBodies(bytes = MAX_BYTES) {
  const longKey = 'k'.repeat(Math.floor((bytes * 0.6) / 62) - 6);
  const manyTooDeep = filled('[', '[1]', ']', bytes * 0.38);
  const text = (sign, size) => JSON.stringify({ note: sign.repeat(Math.floor((bytes - 20) / size)) });
  return {
    'lists in lists': nested('[', ']', Math.floor(bytes / 2), ''),
    'objects in objects': nested('{"a":', '}', Math.floor((bytes - 1) / 6), '1'),
    'too deep below long keys': nested(`{"${longKey}":`, '}', 62, manyTooDeep),
    'too deep many times': nested('[', ']', 63, filled('', '[1]', '', bytes - 130)),
    'objects too deep many times': nested('{"a":', '}', 62, filled('[', '{"b":1}', ']', bytes - 400)),
    numbers: filled('[', '1', ']', bytes),
    fractions: filled('[', (at) => `0.${String(at).padStart(7, '0')}123456789`, ']', bytes),
    exponents: filled('[', '1e-7', ']', bytes),
    nulls: filled('[', 'null', ']', bytes),
    'texts of one sign': filled('[', '"x"', ']', bytes),
    'empty objects': filled('[', '{}', ']', bytes),
    'empty lists': filled('[', '[]', ']', bytes),
    'small objects': filled('[', '{"a":1}', ']', bytes),
    'objects of different keys': filled('[', (at) => `{"${key(at, 10)}":"x"}`, ']', bytes),
    pairs: filled('[', (at) => `["k${at}",1]`, ']', bytes),
    'many short keys': filled('{', (at) => `"${at.toString(36)}":1`, '}', bytes),
    'many keys that are numbers': filled('{', (at) => `"${at}":1`, '}', bytes),
    'many keys that are far numbers': filled('{', (at) => `"${at * 7919}":1`, '}', bytes),
    'many keys of 100 signs': filled('{', (at) => `"${key(at, 100)}":1`, '}', bytes),
    'keys of 2,000 signs': filled('{', (at) => `"${key(at, 2000)}":1`, '}', bytes),
    'keys whose hash is their length': filled('{', (at) => `"${key(at, 17_000)}":1`, '}', bytes),
    'lists below keys of 2,000 signs': filled('{', (at) => `"${key(at, 2000)}":[[[{}]]]`, '}', bytes),
    'many objects of many keys': filled(
      '[',
      filled('{', (at) => `"k${at}":1`, '}', 3000),
      ']',
      bytes,
    ),
    'keys of control characters': filled('{', (at) => `"\\u001b[2K\\n${at}":1`, '}', bytes),
    'own keys of prototypes': filled('[', '{"__proto__":{"a":1},"constructor":1,"toJSON":1}', ']', bytes),
    'one long text': text('x', 1),
    'one text of quotes': text('"', 2),
    'one text of control characters': text('\u0001', 6),
    'one text of C1 controls': text('\u0085', 2),
    'one text of accents': text('é', 2),
    'one text of ideographs': text('課', 3),
    'one text of pairs of surrogates': text('😀', 4),
    'one text of halves of surrogates': text('\ud800', 6),
    'one text of line separators': text('\u2028', 3),
    'texts of times': filled('[', '"2026-11-24T10:00:00.000Z"', ']', bytes),
    'texts of 50 signs': filled('[', `"${'x'.repeat(50)}"`, ']', bytes),
    'texts of 50 ideographs': filled('[', `"${'課'.repeat(50)}"`, ']', bytes / 2.9),
  };
}

/** 60 objects around a list. */
function deeply(items) {
  let value = items;
  for (let at = 0; at < 60; at++) value = { a: value };
  return value;
}

function many(count, make) {
  return Array.from({ length: count }, (_, at) => make(at));
}

function circles(count) {
  const list = [];
  for (let at = 0; at < count; at++) list.push(list);
  return list;
}

function keysOf(count, make) {
  const value = {};
  for (let at = 0; at < count; at++) value[make(at)] = at;
  return value;
}

class Point {
  x = 1;
  constructor(y) {
    this.y = y;
  }
}

/** Values that no JSON text holds, by what is bad about them; each a function that makes one. */
export const worstValues = {
  NaN: () => deeply(many(19_000, () => Number.NaN)),
  circles: () => deeply(circles(19_000)),
  'objects in themselves': () => {
    const knot = {};
    for (let at = 0; at < 30; at++) knot[`k${at}`] = knot;
    return knot;
  },
  functions: () => deeply(many(19_000, (at) => () => at)),
  symbols: () => deeply(many(19_000, (at) => Symbol(`s${at}`.padEnd(500, 'x')))),
  undefined: () => deeply(many(19_000, () => undefined)),
  'fields that are undefined': () =>
    many(60, () => keysOf(300, (at) => `k${at}`)).map((fields) => ({ ...fields, k0: undefined })),
  Dates: () => many(19_000, (at) => new Date(at * 1e6)),
  'invalid Dates': () => deeply(many(19_000, () => new Date(Number.NaN))),
  bigints: () => many(19_000, (at) => 10n ** 40n + BigInt(at)),
  'one huge bigint': () => ({ n: (1n << 3_300_000n) - 1n }),
  'a bigint beyond all': () => ({ n: 1n << 100_000_000n }),
  getters: () => many(19_000, (at) => Object.defineProperty({}, 'a', { get: () => at, enumerable: true })),
  'getters that throw': () =>
    deeply(
      many(9_000, () =>
        Object.defineProperty({}, 'a', {
          get: () => {
            throw new Error('no'.repeat(5000));
          },
          enumerable: true,
        }),
      ),
    ),
  instances: () => many(6_000, (at) => new Point(at)),
  Errors: () => many(2_000, (at) => new Error(`e${at}`)),
  promises: () => deeply(many(19_000, () => Promise.resolve(1))),
  Maps: () => many(6_000, (at) => new Map([[at, 1], [String(at), 2]])), // prettier-ignore
  'a Map of a million': () => new Map(many(1_000_000, (at) => [at, 1])),
  'a Set of a million': () => new Set(many(1_000_000, (at) => at)),
  'a list of a million holes': () => new Array(1_000_000),
  'a list of four thousand million holes': () => new Array(4_000_000_000),
  'a typed array of a million': () => new Float64Array(1_000_000),
  'bytes of a million': () => ({ at: Buffer.alloc(700_000), more: Buffer.alloc(50_000_000) }),
  'a text of 50 million signs': () => ({ note: 'x'.repeat(50_000_000) }),
  proxies: () => many(9_000, (at) => new Proxy({ at }, {})),
  'boxed texts': () => many(9_000, (at) => Object(`t${at}`)),
};

/**
 * What the language lists whole before one can be read: its cost grows with the number of keys,
 * whatever the limits.
 */
export const unboundedValues = {
  'an object of a million keys': () => keysOf(1_000_000, (at) => `k${at}`),
  'an object of a million numbers as keys': () => keysOf(1_000_000, (at) => at),
  'a proxy of a million keys': () =>
    new Proxy(
      keysOf(1_000_000, (at) => `k${at}`),
      {},
    ),
};
