import fc from 'fast-check';
import { cleanText, errorKind, kindOf } from '../../src/delivery/clean-text';

describe('A reason', () => {
  it('is a short string on one line, whatever it was made of', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything({ withBigInt: true, withNullPrototype: true }), fc.string({ unit: 'binary' })),
        (value) => {
          for (const text of [cleanText(value), kindOf(value), errorKind(value)]) {
            expect(text.length).toBeGreaterThan(0);
            expect(text.length).toBeLessThanOrEqual(520);
            expect(text).not.toMatch(/[\p{Cc}\p{Surrogate}\u2028\u2029]/u);
          }
        },
      ),
    );
  });

  it('halves no character', () => {
    const text = cleanText('😀'.repeat(1000));
    expect(text).toBe('😀'.repeat(250));
    expect(cleanText(`x${'😀'.repeat(1000)}`)).toBe(`x${'😀'.repeat(249)}`);
  });

  it('is what an error says, or else its code, or else its name', () => {
    expect(cleanText(new Error('refused'))).toBe('refused');
    expect(cleanText(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
    expect(cleanText(new AggregateError([], ''))).toBe('AggregateError');
    expect(cleanText({ reason: 'no', secret: 'x' })).toBe('no');
    expect(cleanText({ secret: 'x' })).toBe('an instance of Object');
  });

  it('takes no longer for a long text than for a short one', () => {
    const long = '\n'.repeat(50_000_000);
    expect(cleanText(long)).toBe('no reason given');
  });
});

describe('The kind of a value', () => {
  it('says what it is, and not its value', () => {
    const values = [
      null,
      undefined,
      'secret',
      7,
      0.5,
      NaN,
      Infinity,
      true,
      1n,
      [],
      new Set(),
      Object.create(null),
      kindOf,
    ];
    expect(values.map(kindOf)).toEqual([
      ...['null', 'undefined', 'a string', 'a number', 'a fraction', 'NaN', 'Infinity', 'a boolean', 'a bigint'],
      ...['an array', 'an instance of Set', 'an instance of no class', 'a function'],
    ]);
  });
});
