import { OptionPlace, unknownOption } from '../../src/common/option-place';
import { flag, optionsOf, text } from '../../src/common/option-rules';
import type { ConfigError } from '../../src/common/tracking-config.exception';

const named = (errors: ConfigError[]): OptionPlace => OptionPlace.named(errors, 'Sink', 'the example');
const inPath = (errors: ConfigError[], path = 'delivery'): OptionPlace =>
  OptionPlace.inPath(errors, path, 'the example');

function linesOf(place: (errors: ConfigError[]) => OptionPlace, add: (place: OptionPlace) => void): string[] {
  const errors: ConfigError[] = [];
  add(place(errors));
  return errors.map(({ path, what, fix }) => `${path} | ${what} | ${fix}`);
}

describe('OptionPlace', () => {
  const rules = { batch: optionsOf({ gzip: flag(), key: text({ isRequired: true }) }) };
  const given = { batch: { gzip: 1, zip: 2 }, nope: 3 };

  it('names an option in the text of its error', () => {
    expect(
      linesOf(named, (place) => {
        place.checkOptions(given, rules);
      }),
    ).toEqual([
      'Sink | batch.gzip is 1; expected true or false. | leave it out',
      'Sink | batch.key is missing; expected a non-empty string. | batch: { ... }',
      'Sink | batch has an unknown option "zip"; known options: gzip, key. | did you mean gzip?',
      'Sink | unknown option "nope"; known options: batch. | leave it out',
    ]);
  });

  it('names an option in the path of its error', () => {
    expect(
      linesOf(inPath, (place) => {
        place.checkOptions(given, rules);
      }),
    ).toEqual([
      'delivery.batch.gzip | it is 1; expected true or false. | leave it out',
      'delivery.batch.key | it is missing; expected a non-empty string. | batch: { ... }',
      'delivery.batch.zip | unknown option "zip"; known options: gzip, key. | did you mean gzip?',
      'delivery.nope | unknown option "nope"; known options: batch. | leave it out',
    ]);
  });

  it('begins a path without a dot', () => {
    const errors: ConfigError[] = [];
    inPath(errors, '').inside('role').inside('[2]').add('is wrong.');
    expect(errors).toEqual([{ path: 'role[2]', what: 'it is wrong.', fix: 'the example' }]);
  });

  it('does not look for unknown options where only values are checked', () => {
    expect(
      linesOf(named, (place) => {
        place.checkValues({ nope: 1, batch: 2 }, rules);
      }),
    ).toEqual(['Sink | batch is 2; expected an object of options. | batch: { ... }']);
  });

  it('leaves the subject of a sentence of its own as it is', () => {
    expect(
      linesOf(named, (place) => {
        place.inside('headers', 'own fix').addSentence('the header "a" is 1.');
      }),
    ).toEqual(['Sink | the header "a" is 1. | own fix']);
  });
});

describe('unknownOption', () => {
  it('says that there are no options, where there are none', () => {
    expect(unknownOption('url', [])).toBe('unknown option "url"; there are no options here.');
  });

  it('quotes a name that may be shown, and counts another', () => {
    expect(unknownOption('urll', ['url'])).toBe('unknown option "urll"; known options: url.');
    expect(unknownOption('aGVsbG8gd29ybGQ5', ['url'])).toBe(
      'unknown option (a name of 16 characters); known options: url.',
    );
  });
});
