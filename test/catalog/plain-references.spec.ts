import type { JsonSchema } from '../../src/catalog/json-schema';
import { plainReferences } from '../../src/catalog/plain-references';
import { object, told } from '../cli/check/told';

const text = { type: 'string' };
const whole = { type: 'integer' };

/** A document whose field `a` is described elsewhere in it. */
type Document = (schema: JsonSchema) => JsonSchema;

const DOCUMENTS: readonly (readonly [string, Document])[] = [
  ['a pointer', (it) => object({ a: { $ref: '#/$defs/it' } }, { $defs: { it } })],
  ['a pointer with escapes', (it) => object({ a: { $ref: '#/$defs/x%20~1~0y' } }, { $defs: { 'x /~y': it } })],
  ['an anchor', (it) => object({ a: { $ref: '#it' } }, { $defs: { it: { $anchor: 'it', ...it } } })],
  ['an anchor of draft-07', (it) => object({ a: { $ref: '#it' } }, { definitions: { it: { $id: '#it', ...it } } })],
  ['an $id', (it) => object({ a: { $ref: 'it.json' } }, { $defs: { it: { $id: 'it.json', ...it } } })],
  [
    'an $id of a document with one',
    (it) =>
      object(
        { a: { $ref: 'it' } },
        { $id: 'https://x.example/a/b', $defs: { it: { $id: 'https://x.example/a/it', ...it } } },
      ),
  ],
  [
    'a urn',
    (it) => object({ a: { $ref: 'urn:x:it' } }, { $id: 'urn:x:root', $defs: { it: { $id: 'urn:x:it', ...it } } }),
  ],
  [
    'an anchor of another schema',
    (it) =>
      object({ a: { $ref: 'one#it' } }, { $defs: { one: { $id: 'one', $defs: { it: { $anchor: 'it', ...it } } } } }),
  ],
  [
    'a pointer within another schema',
    (it) =>
      object(
        { a: { $ref: 'one' } },
        { $defs: { it: { type: 'null' }, one: { $id: 'one', allOf: [{ $ref: '#/$defs/it' }], $defs: { it } } } },
      ),
  ],
  ['$dynamicRef', (it) => object({ a: { $dynamicRef: '#it' } }, { $defs: { it: { $dynamicAnchor: 'it', ...it } } })],
  [
    'a keyword that is none',
    (it) => object({ a: { $ref: '#/components/schemas/it' } }, { components: { schemas: { it } } }),
  ],
  [
    'several, one after the other',
    (it) => object({ a: { $ref: '#x' } }, { $defs: { x: { $anchor: 'x', $ref: '#y' }, y: { $anchor: 'y', ...it } } }),
  ],
];

describe('plainReferences', () => {
  it.each(DOCUMENTS)('are followed by %s', (_what, of) => {
    expect(plainReferences(of(text)).unfollowed).toEqual([]);
    expect(told(of(text), of(text))).toEqual([]);
    expect(told(of(text), of(whole))).toEqual(['data.a type-changed!']);
    expect(told(of(text), object({ a: text }))).toEqual([]);
  });

  it('are followed where the same reference means two schemas', () => {
    const of = (first: JsonSchema, second: JsonSchema): JsonSchema => {
      const part = (id: string, it: JsonSchema): JsonSchema => ({
        $id: id,
        ...object({ x: { $ref: '#it' } }),
        $defs: { it: { $anchor: 'it', ...it } },
      });
      return object(
        { a: { $ref: 'one' }, b: { $ref: 'two' } },
        { $defs: { one: part('one', first), two: part('two', second) } },
      );
    };
    expect(told(of(text, text), of(text, whole))).toEqual(['data.b.x type-changed!']);
  });

  it('are followed to true and false', () => {
    const of = (it: boolean): JsonSchema => object({ a: { $ref: '#/$defs/it' } }, { $defs: { it } });
    expect(told(of(true), of(false))).toEqual(['data.a field-removed!']);
    expect(told(of(true), object({ a: {} }))).toEqual([]);
  });

  it('are compared as a whole where $dynamicRef may lead to several schemas', () => {
    const of = (it: JsonSchema): JsonSchema =>
      object(
        { a: { $ref: 'tree' } },
        {
          $dynamicAnchor: 'node',
          $defs: { tree: { $id: 'tree', $dynamicAnchor: 'node', ...object({ kid: { $dynamicRef: '#node' }, it }) } },
        },
      );
    expect(told(of(text), of(text))).toEqual([]);
    expect(told(of(text), of(whole))).toContain('data.a.it type-changed!');
  });

  it('are not taken for references where they are values or names', () => {
    const schema = object({ $ref: text, $id: text }, { const: { $ref: '#/none' }, examples: [{ $ref: 'x' }] });
    expect(plainReferences(schema)).toEqual({ schema, unfollowed: [] });
  });

  it.each([['it.json'], ['https://x.example/it'], ['#it'], ['#/$defs/it'], ['urn:x:it'], ['https://[']])(
    'are named if they lead nowhere: %s',
    ($ref) => {
      const schema = object({ a: { $ref } });
      expect(plainReferences(schema)).toEqual({ schema, unfollowed: [$ref] });
      expect(told(schema, object({ a: text }))).toContain('data.a constraint-changed!');
    },
  );

  it('are named if they lead nowhere in their own schema, though the pointer leads somewhere in the document', () => {
    const one = { $id: 'one', ...object({ a: { $ref: '#/$defs/it' } }) };
    expect(plainReferences({ $ref: 'one', $defs: { it: text, one } }).unfollowed).toEqual(['#/$defs/it']);
    expect(told({ $ref: 'one', $defs: { it: text, one } }, object({ a: text }))).toContain(
      'data.a constraint-changed!',
    );
  });
});
