import { OptionPlace, type OptionRule } from '../../src/common/option-place';
import {
  anyOf,
  anything,
  anyText,
  checked,
  flag,
  functionRule,
  listed,
  listOrFalse,
  nameList,
  number,
  oneOf,
  optionsOf,
  synchronous,
  text,
  textList,
  value,
} from '../../src/common/option-rules';
import { showKind } from '../../src/common/show-value';
import type { ConfigError } from '../../src/common/tracking-config.exception';

function errorsOf(rule: OptionRule, given: unknown): string[] {
  const errors: ConfigError[] = [];
  rule.check(given, OptionPlace.named(errors, 'Sink', 'fix').inside('option'));
  return errors.map(({ what }) => what);
}

describe('option-rules', () => {
  it.each<[string, OptionRule, unknown[], unknown[]]>([
    ['anything', anything(), [null, 0, 'x', {}], []],
    ['flag', flag(), [true, false], ['true', 0, null]],
    ['text', text(), ['x', ' '], ['', 7, null, ['x']]],
    ['anyText', anyText(), ['', 'x'], [7, null]],
    ['textList', textList(), [[], ['a', '']], ['a', [1], new Set(['a'])]],
    ['nameList', nameList(), [['a']], [[], [''], 'a', ['a', 1]]],
    ['functionRule', functionRule(), [() => 1, async () => Promise.resolve()], ['x', {}]],
    ['synchronous', synchronous(), [() => 1, class {}], [async () => Promise.resolve(), 'x']],
    ['oneOf', oneOf(['a', 'b']), ['a', 'b'], ['A', '', null]],
    ['anyOf', anyOf([oneOf(['a']), functionRule()]), ['a', () => 1], ['b', {}]],
    ['value', value('an even number', (given) => Number(given) % 2 === 0), [2], [3]],
    ['optionsOf', optionsOf<{ a?: boolean }>({ a: flag() }), [{}, { a: true }], [[], null, { a: 1 }, { b: true }]],
  ])('%s accepts its values, and no others', (_name, rule, valid, invalid) => {
    for (const given of valid) expect(errorsOf(rule, given)).toEqual([]);
    for (const given of invalid) expect(errorsOf(rule, given)).toHaveLength(1);
  });

  it.each<[Parameters<typeof number>[0], string, number[], unknown[]]>([
    [{}, 'a number', [-1.5, 0], [Number.NaN, Infinity, -Infinity, '1', 1n]],
    [{ min: 0 }, 'a number, at least 0', [0, 0.5], [-0.1, Infinity]],
    [{ min: 1, isWhole: true }, 'a whole number, at least 1', [1], [0, 1.5, 2 ** 53]],
    [{ min: 0, max: 1 }, 'a number from 0 to 1', [0, 1], [1.1]],
    [{ above: 0 }, 'a number greater than 0', [0.1], [0, -1]],
    [{ min: 1, mayBeInfinite: true }, 'a number, at least 1', [1, Infinity], [0, -Infinity, Number.NaN]],
    [{ min: 1, isWhole: true, unit: 'milliseconds' }, 'a whole number of milliseconds, at least 1', [5], [0]],
  ])('number(%j) expects %s', (limits, expected, valid, invalid) => {
    const rule = number(limits);
    expect(rule.expected).toBe(expected);
    for (const given of valid) expect(errorsOf(rule, given)).toEqual([]);
    for (const given of invalid)
      expect(errorsOf(rule, given)).toEqual([expect.stringContaining(`expected ${expected}.`)]);
  });

  it('shows a misspelled choice, and no other string', () => {
    const rule = oneOf(['worker', 'emitter']);
    expect(errorsOf(rule, 'wroker')).toEqual(['option is "wroker"; expected "worker" or "emitter".']);
    expect(errorsOf(rule, 'pa55-w0rd!')).toEqual([
      'option is a string of 10 characters; expected "worker" or "emitter".',
    ]);
  });

  it('shows a value as the rule says', () => {
    expect(errorsOf(text({ show: showKind }), 7)).toEqual(['option is a number; expected a non-empty string.']);
    expect(errorsOf(anyOf([oneOf(['json']), functionRule()]), 'JSON')).toEqual([
      'option is "JSON"; expected "json", or a function.',
    ]);
  });

  it('takes the words for the valid values from the rule', () => {
    expect(errorsOf(text({ expected: 'the name of a file' }), 7)).toEqual([
      'option is 7; expected the name of a file.',
    ]);
    expect(errorsOf(optionsOf({}, { expected: 'an object or false' }), true)).toEqual([
      'option is true; expected an object or false.',
    ]);
  });

  it('says that the result of an async function is not awaited', () => {
    expect(errorsOf(synchronous(), async () => Promise.resolve())).toEqual([
      'option is an async function, but its result is not awaited.',
    ]);
  });

  it('names each wrong item of a list that may be false', () => {
    const rule = listOrFalse(text());
    expect([false, [], ['a']].flatMap((given) => errorsOf(rule, given))).toEqual([]);
    expect(errorsOf(rule, true)).toEqual(['option is true; expected a list or false.']);
    expect(errorsOf(rule, ['a', 1, ''])).toEqual([
      'option[1] is 1; expected a non-empty string.',
      'option[2] is ""; expected a non-empty string.',
    ]);
  });

  it('leaves the words to a rule that checks by itself', () => {
    const rule = checked('a pair', (given, place) => {
      if (!Array.isArray(given)) place.reject('odd', 'a pair', 'give two');
      else place.inside('[1]').add('is missing.');
    });
    expect(errorsOf(rule, 1)).toEqual(['option is odd; expected a pair.']);
    expect(errorsOf(rule, [1])).toEqual(['option[1] is missing.']);
  });

  it('lists choices as code', () => {
    expect(listed([])).toBe('');
    expect(listed(['a'])).toBe('"a"');
    expect(listed(['a', 'b', 3])).toBe('"a", "b" or 3');
  });
});
