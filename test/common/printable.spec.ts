import fc from 'fast-check';
import { describeError } from '../../src/common/describe-error';
import { cut, printable, quoted } from '../../src/common/printable';

/** C0, DEL, C1, direction marks, separators and halves of surrogate pairs. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}/u;

/** Any string, with many of the characters that do harm in a log. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\n',
      '\r',
      '\u001b',
      '\u009b',
      '\u2028',
      '\u2029',
      '\u202e',
      '\u2066',
      '\ud83d',
      '\ude00',
      '\u0000',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 300,
});

describe('A printable string', () => {
  it('is on one line, bounded, and acts on no terminal, whatever it was made of', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 200 }), (text, maxLength) => {
        const shown = printable(text, maxLength);
        expect(shown).not.toMatch(UNSAFE);
        expect(shown.length).toBeLessThanOrEqual(maxLength);
        expect(Buffer.from(shown).toString()).toBe(shown);
      }),
    );
  });

  it('is itself where nothing in it does harm', () => {
    for (const text of ['', 'problem_check', 'É 課 \u{1f600} "quotes" \\ <b>']) expect(printable(text)).toBe(text);
  });

  it.each([
    ['a line break', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['an escape sequence', '\u001b[2K', '\\u001b[2K'],
    ['a control sequence of C1', '\u009b31m', '\\u009b31m'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['a mark that reverses text', '\u202egpj', '\\u202egpj'],
    ['half of a surrogate pair', 'a\ud800b', 'a\\ud800b'],
  ])('shows %s by its number', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('A quoted name', () => {
  it('is a JSON string on one line, bounded, whatever the name', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = quoted(text, 50);
        expect(shown).not.toMatch(UNSAFE);
        expect(JSON.parse(shown)).toBe(cut(text, 50));
      }),
    );
  });
});

describe('A string that is cut', () => {
  it('has at most the units that it may have, and no half of a pair that it had whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.integer({ min: 1, max: 60 }), (text, maxLength) => {
        const short = cut(text, maxLength);
        expect(short.length).toBeLessThanOrEqual(maxLength);
        expect(short).not.toMatch(/\p{Cs}/u);
        expect(short === text || (short.endsWith('…') && text.startsWith(short.slice(0, -1)))).toBe(true);
      }),
    );
  });
});

describe('The description of an error', () => {
  it.each<readonly [what: string, error: unknown, expected: string]>([
    ['an error', new TypeError('no'), 'TypeError: no'],
    ['a message that quotes input', new Error('at "\n\u001b[31mERROR"'), 'Error: at "\\u000a\\u001b[31mERROR"'],
    ['a string', 'no\nwhere', 'no\\u000awhere'],
    ['a revoked proxy', revoked(), 'an error that cannot be read'],
    ['an object without a prototype', Object.create(null), 'an error that cannot be read'],
    ['undefined', undefined, 'undefined'],
  ])('is one safe line for %s', (_what, error, expected) => {
    expect(describeError(error)).toBe(expected);
  });

  it.each<readonly [what: string, error: unknown]>([
    ['a message', new Error('x'.repeat(10_000_000))],
    ['a name', Object.assign(new Error('no'), { name: 'x'.repeat(10_000_000) })],
    ['a string', 'x'.repeat(10_000_000)],
  ])('has at most 200 characters, whatever the length of %s', (_what, error) => {
    expect(describeError(error).length).toBe(200);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
