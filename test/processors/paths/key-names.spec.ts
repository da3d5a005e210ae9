import { OptionPlace } from '../../../src/common/option-place';
import type { ConfigError } from '../../../src/common/tracking-config.exception';
import { KeyNames } from '../../../src/processors/paths/key-names';

function read(keys: unknown): { readonly names: KeyNames | undefined; readonly errors: readonly string[] } {
  const errors: ConfigError[] = [];
  const names = KeyNames.read(keys, OptionPlace.named(errors, 'Redact', 'fix').inside('keys'));
  return { names, errors: errors.map(({ what }) => what) };
}

describe('KeyNames', () => {
  it('does not exist where no key is given', () => {
    expect(read(undefined)).toEqual({ names: undefined, errors: [] });
    expect(read([])).toEqual({ names: undefined, errors: [] });
  });

  it('compares a string with the whole name, and ignores case', () => {
    const { names } = read(['passWord']);
    expect(['password', 'PASSWORD', 'my_password', 'pass'].map((key) => names?.has(key))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('matches a pattern anywhere in the name, ignores case, and forgets where it matched last', () => {
    const { names } = read(new Set([/tok.n/g, /^id$/y]));
    const asked = ['my_Token_1', 'my_Token_1', 'ID', 'ID', 'a_id', 'taken'];
    expect(asked.map((key) => names?.has(key))).toEqual([true, true, true, true, false, false]);
  });

  it('decides the same each time for names of any length', () => {
    const { names } = read(['a'.repeat(300), /z$/]);
    const long = [`${'b'.repeat(300)}z`, 'b'.repeat(300), 'A'.repeat(300)];
    expect([...long, ...long].map((key) => names?.has(key))).toEqual([true, false, true, true, false, true]);
  });

  it('counts a name that is too long for its patterns as a match, if there are any', () => {
    const tooLong = 'b'.repeat(1001);
    expect(read([/z$/]).names?.has(tooLong)).toBe(true);
    expect(read(['z']).names?.has(tooLong)).toBe(false);
  });

  it.each<[unknown, string]>([
    ['password', 'keys is a string of 8 characters; expected a list of names and patterns.'],
    [5, 'keys is 5; expected a list of names and patterns.'],
    [[''], 'keys contains ""; expected the name of a field or a pattern.'],
    [[7], 'keys contains 7; expected the name of a field or a pattern.'],
    [[/(.*)*x\1/], 'keys contains /(.*)*x\\1/, which has a back-reference'],
  ])('refuses %p', (keys, error) => {
    expect(read(keys).errors).toEqual([expect.stringContaining(error)]);
  });
});
