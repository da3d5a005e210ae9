import fc from 'fast-check';
import { referenceJson } from '../../src/event/reference-text';
import { textDifferences } from './json-text';

describe('Comparing two JSON texts', () => {
  it.each<[string, string, string, object[]]>([
    ['a number', '{"a": 1, "b": 2}', '{"a": 1, "b": 3}', [{ path: ['b'], expected: 2, got: 3 }]],
    ['a nested value', '{"a": [{"b": "x"}]}', '{"a": [{"b": null}]}', [{ path: ['a', 0, 'b'], got: null }]],
    ['a key too many', '{"a": 1}', '{"a": 1, "b": [2]}', [{ path: ['b'], expected: undefined, got: [2] }]],
    ['an item too few', '[1, 2]', '[1]', [{ path: [1], expected: 2, got: undefined }]],
    ['a fraction', '[1.0]', '[1]', [{ path: [0], expected: { $type: 'float', value: '1.0' }, got: 1 }]],
    ['a word', '[-Infinity]', '[null]', [{ expected: { $type: 'float', value: '-inf' }, got: null }]],
    ['digits', '[9007199254740993]', '["9007199254740993"]', [{ expected: { $type: 'integer' } }]],
    ['an escape', String.raw`["\u00e9"]`, '["é"]', [{ path: [0], expected: 'é', got: 'é' }]],
    ['the order of keys', '{"a": 1, "b": 2}', '{"b": 2, "a": 1}', [{ kind: 'key-order', path: [] }]],
    ['a key that is there twice', '{"1": 1, "1": 2}', '[[1, 1]]', [{ expected: { $type: 'map' }, got: [[1, 1]] }]],
    ['separators', '{"a": 1}', '{"a":1}', [{ path: [], expected: '{"a": 1}', got: '{"a":1}' }]],
    ['what is no JSON', '{"a": 1}', '{"a": 1', [{ path: [], got: '{"a": 1' }]],
  ])('finds %s', (_what, expected, got, found) => {
    expect(textDifferences(expected, got)).toMatchObject(found);
  });

  it('finds nothing in equal texts, and something in all others', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const [expected, got] = [referenceJson(one), referenceJson(other)];
        expect(textDifferences(expected, expected)).toEqual([]);
        expect(textDifferences(expected, got).length > 0).toBe(expected !== got);
      }),
    );
  });
});
