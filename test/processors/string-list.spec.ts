import { OptionPlace } from '../../src/common/option-place';
import type { ConfigError } from '../../src/common/tracking-config.exception';
import { readStrings } from '../../src/processors/string-list';

function read(list: unknown): [readonly string[], readonly string[]] {
  const errors: ConfigError[] = [];
  const strings = readStrings(list, OptionPlace.named(errors, 'NameAllowlist', 'fix').inside('names'));
  return [[...strings], errors.map(({ what }) => what)];
}

describe('readStrings', () => {
  it('reads any iterable of strings, each once and in order', () => {
    expect(read(['b', 'a', 'b'])).toEqual([['b', 'a'], []]);
    expect(read(new Set(['a']))).toEqual([['a'], []]);
    expect(read(['x', 'y'].values())).toEqual([['x', 'y'], []]);
    expect(read(undefined)).toEqual([[], []]);
  });

  it('does not take a string for a list of characters, nor an object for a list', () => {
    expect(read('edx')).toEqual([[], ['names is a string of 3 characters; expected a list of strings.']]);
    expect(read({ a: 1 })).toEqual([[], ['names is an object; expected a list of strings.']]);
  });

  it('reports every item that is not a string', () => {
    expect(read(['a', 5, null])).toEqual([
      ['a'],
      ['names contains 5; expected a string.', 'names contains null; expected a string.'],
    ]);
  });
});
