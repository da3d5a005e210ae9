import { OptionPlace } from '../../src/common/option-place';
import type { ConfigError } from '../../src/common/tracking-config.exception';
import { readFields } from '../../src/processors/constant-fields';

function read(given: unknown): [object, readonly string[]] {
  const errors: ConfigError[] = [];
  const fields = readFields(given, OptionPlace.named(errors, 'AddContext', 'fix').inside('values'));
  return [fields, errors.map(({ what }) => what)];
}

describe('readFields', () => {
  it('brings values to normal form, and copies them', () => {
    const given = { a: 1, at: new Date(0), list: new Set(['x']), inner: { b: true } };
    const [fields, errors] = read(given);
    expect(fields).toEqual({ a: 1, at: new Date(0), list: ['x'], inner: { b: true } });
    expect(errors).toEqual([]);
    given.inner.b = false;
    expect(fields).toMatchObject({ inner: { b: true } });
  });

  it('has no fields where none are given', () => {
    expect(read(undefined)).toEqual([{}, []]);
  });

  it.each([[null], ['text'], [[1]]])('refuses %p', (given) => {
    expect(read(given)).toEqual([
      {},
      [expect.stringMatching(/^values is .*; expected an object of values by name\.$/)],
    ]);
  });

  it('reports a value that has no JSON, with its place', () => {
    const [, errors] = read({ a: { b: () => 1 } });
    expect(errors).toEqual(['values.a.b has no JSON form (function).']);
  });
});
