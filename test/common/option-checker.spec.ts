import { OptionChecker } from '../../src/common/option-checker';
import type { OptionRules } from '../../src/common/option-place';
import { flag, number, oneOf, optionsOf, text } from '../../src/common/option-rules';
import { TrackingConfigException } from '../../src/common/tracking-config.exception';

interface Options {
  readonly url: string;
  readonly mode?: 'fast' | 'safe' | undefined;
  readonly maxEvents?: number | undefined;
  readonly batch?: { readonly gzip?: boolean | undefined } | undefined;
}

const EXAMPLE = "backend(Sink, { url: 'https://sink.example' })";
const RULES: OptionRules<Options> = {
  url: text({ isRequired: true }),
  mode: oneOf(['fast', 'safe']),
  maxEvents: number({ min: 1, isWhole: true }, { fix: (name) => `${name}: 100` }),
  batch: optionsOf<NonNullable<Options['batch']>>({ gzip: flag() }),
};

function checked(options: unknown, relate?: (given: object, check: OptionChecker) => void): OptionChecker {
  const check = new OptionChecker('Sink', { example: EXAMPLE, misplaced: { delivery: 'move it' } });
  check.read(options as Options, RULES, (given) => relate?.(given, check));
  return check;
}

const linesOf = ({ errors }: OptionChecker): string[] =>
  errors.map(({ path, what, fix }) => `${path}: ${what} Fix: ${fix}`);

describe('OptionChecker', () => {
  it('accepts valid options, and returns them', () => {
    const check = new OptionChecker('Sink', { example: EXAMPLE });
    const options: Options = { url: 'x', mode: 'fast', maxEvents: 1, batch: { gzip: true } };
    expect(check.read(options, RULES)).toBe(options);
    expect(check.errors).toEqual([]);
    expect(() => {
      check.throwIfAny();
    }).not.toThrow();
  });

  it('takes undefined for an option that is left out', () => {
    expect(linesOf(checked({ url: 'x', mode: undefined, batch: { gzip: undefined } }))).toEqual([]);
  });

  it('takes null for a value', () => {
    expect(linesOf(checked({ url: 'x', maxEvents: null }))).toEqual([
      'Sink: maxEvents is null; expected a whole number, at least 1. Fix: maxEvents: 100',
    ]);
  });

  it('reports every error at once, each with its place and its fix', () => {
    expect(linesOf(checked({ mode: 'Safe', maxEvents: 0, batch: { gzip: 'no' } }))).toEqual([
      `Sink: url is missing; expected a non-empty string. Fix: ${EXAMPLE}`,
      'Sink: mode is "Safe"; expected "fast" or "safe". Fix: leave it out',
      'Sink: maxEvents is 0; expected a whole number, at least 1. Fix: maxEvents: 100',
      'Sink: batch.gzip is "no"; expected true or false. Fix: leave it out',
    ]);
  });

  it('reports an unknown option, with the one that may be meant', () => {
    expect(linesOf(checked({ url: 'x', maxEvnts: 1 }))).toEqual([
      'Sink: unknown option "maxEvnts"; known options: url, mode, maxEvents, batch. Fix: did you mean maxEvents?',
    ]);
  });

  it('reports an unknown option of an object inside, with the known ones of that object', () => {
    expect(linesOf(checked({ url: 'x', batch: { zip: true } }))).toEqual([
      'Sink: batch has an unknown option "zip"; known options: gzip. Fix: did you mean gzip?',
    ]);
  });

  it('says where a misplaced option belongs', () => {
    expect(linesOf(checked({ url: 'x', delivery: {} }))).toEqual([
      'Sink: unknown option "delivery"; known options: url, mode, maxEvents, batch. Fix: move it',
    ]);
  });

  it('does not take an inherited name for a known or a misplaced option', () => {
    expect(checked(JSON.parse('{"url":"x","toString":1,"__proto__":2}')).errors).toHaveLength(2);
  });

  it('does not show the name of an unknown option that may be a secret', () => {
    const secret = 'sk_live_9aF3kQ7xW2mZ8bT1';
    expect(linesOf(checked({ url: 'x', [secret]: secret }))).toEqual([
      'Sink: unknown option (a name of 24 characters); known options: url, mode, maxEvents, batch. Fix: leave it out',
    ]);
  });

  it('takes undefined for options that are left out', () => {
    expect(linesOf(checked(undefined))).toEqual([`Sink: url is missing; expected a non-empty string. Fix: ${EXAMPLE}`]);
  });

  it.each([[null], ['url'], [[]], [7], [() => ({})]])('refuses %p in the place of an object', (options) => {
    const relate = jest.fn();
    const [line, ...more] = linesOf(checked(options, relate));
    expect(line).toMatch(/^Sink: the options are .*; expected an object\. Fix: backend\(Sink, /);
    expect(more).toEqual([]);
    expect(relate).not.toHaveBeenCalled();
  });

  it('adds the errors of options that depend on each other, after the others', () => {
    const check = checked({ mode: 'fast' }, (given, own) => {
      if ('mode' in given) own.add('mode is set, but there is no url.', 'add url');
    });
    expect(linesOf(check)).toEqual([
      `Sink: url is missing; expected a non-empty string. Fix: ${EXAMPLE}`,
      'Sink: mode is set, but there is no url. Fix: add url',
    ]);
  });

  it('gives the place of an option that is checked while it is read, and keeps a cause', () => {
    const check = new OptionChecker('Sink', { example: EXAMPLE });
    const cause = new Error('no');
    check.at('key').add('is wrong.');
    check.add('it failed.', 'see the cause', cause);
    expect(check.read<object>(null as never, {})).toEqual({});
    expect(check.errors.slice(0, 2)).toEqual([
      { path: 'Sink', what: 'key is wrong.', fix: EXAMPLE },
      { path: 'Sink', what: 'it failed.', fix: 'see the cause', cause },
    ]);
  });

  it('throws all errors as one exception', () => {
    const check = checked({ maxEvents: -1 });
    expect(() => {
      check.throwIfAny();
    }).toThrow(TrackingConfigException);
    expect(() => {
      check.throwIfAny();
    }).toThrow(/^2 errors in the tracking configuration/);
  });
});
