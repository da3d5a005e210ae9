import { compareSchemas } from '../../../src/cli/check/compare-schemas';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { object, told } from './told';

const text = { type: 'string' };
const tagged = (tags: Record<string, unknown>, fields: Record<string, JsonSchema> = {}): JsonSchema => {
  const literals = Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, { const: value }]));
  return object({ ...literals, ...fields }, { required: [...Object.keys(tags), ...Object.keys(fields)] });
};

describe('compareSchemas, of objects with literals', () => {
  it('finds a literal that changed, and whatever else changed with it', () => {
    expect(told(tagged({ v: 1 }, { a: text, b: text }), tagged({ v: 2 }, { a: text }))).toEqual([
      'data.b field-removed!',
      'data.v values-added!',
      'data.v values-removed',
    ]);
  });

  it('finds the same for lists of values that share none', () => {
    const of = (values: string[], more: Record<string, JsonSchema>): JsonSchema =>
      object({ mode: { enum: values }, ...more }, { required: ['mode'] });
    expect(told(of(['a', 'b'], { x: text }), of(['c', 'd'], { x: { type: 'integer' } }))).toEqual([
      'data.mode values-added!',
      'data.mode values-removed',
      'data.x type-changed!',
    ]);
  });

  it('says which value came and which went', () => {
    const changes = compareSchemas(tagged({ v: 1 }), tagged({ v: 2 }), 'data');
    expect(changes.map(({ path, what }) => `${path} ${what}`)).toEqual([
      'data.v value added: 2',
      'data.v value removed: 1',
    ]);
  });

  it('keeps alternatives together whose common literal changed, by the one that tells them apart', () => {
    const both = (v: number, fields: Record<string, JsonSchema>): JsonSchema => ({
      oneOf: [tagged({ v, kind: 'a' }, fields), tagged({ v, kind: 'b' })],
    });
    expect(told(both(1, { x: text, y: text }), both(2, { x: text }))).toEqual([
      'data.v values-added!',
      'data.v values-removed',
      'data.y field-removed!',
      'data.v values-added!',
      'data.v values-removed',
    ]);
  });

  it('does not take one alternative for another with a different tag', () => {
    const [played, paused, stopped] = ['played', 'paused', 'stopped'].map((kind) => tagged({ kind }, { at: text }));
    expect(told({ anyOf: [played, paused] }, { anyOf: [played, stopped] })).toEqual([
      'data alternative-added!',
      'data alternative-removed',
    ]);
  });
});
