/**
 * Reads constraints that are only compared as text. The text does not depend on the form of
 * references or the order of keys.
 */
import { canonicalJson, contentHash } from '../../catalog/canonical-json';
import { isSchema, resolveRef, type JsonSchema } from '../../catalog/json-schema';
import { listedNames } from './keyword-limits';
import { withChildren } from '../../catalog/schema-children';
import type { Kind } from './shape';

/** Keywords that describe a schema and limit no value. */
const ANNOTATIONS = new Set([
  ...['title', 'description', 'default', 'examples', 'example', 'deprecated', 'readOnly', 'writeOnly', '$comment'],
  ...['$schema', '$id', 'id', '$anchor', '$dynamicAnchor', '$recursiveAnchor', '$vocabulary', '$defs', 'definitions'],
  ...['components', 'discriminator', 'externalDocs', 'xml', 'errorMessage', 'markdownDescription'],
]);

/** True if a keyword limits no value, as far as is known. */
export function isAnnotation(word: string): boolean {
  return ANNOTATIONS.has(word) || word.startsWith('x-');
}

/** Keywords that shapes compare by their meaning. */
const JUDGED = new Set([
  ...['type', 'nullable', 'enum', 'const', 'allOf', 'anyOf', 'oneOf', 'minimum', 'maximum', 'exclusiveMinimum'],
  ...['exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'pattern', 'format', 'contentEncoding', 'minItems'],
  ...['maxItems', 'items', 'prefixItems', 'additionalItems', 'properties', 'required', 'additionalProperties'],
  ...['patternProperties'],
]);

/** Keywords whose text is created together with the keyword that they depend on. */
const GROUPED = new Set(['if', 'then', 'else', 'contains', 'minContains', 'maxContains']);

/** Keywords that apply to values of one type. Every unknown keyword applies to all values. */
const KIND_OF: Readonly<Record<string, Kind>> = {
  uniqueItems: 'array',
  unevaluatedItems: 'array',
  propertyNames: 'object',
  minProperties: 'object',
  maxProperties: 'object',
  dependentRequired: 'object',
  dependentSchemas: 'object',
  dependencies: 'object',
  unevaluatedProperties: 'object',
  contentMediaType: 'string',
  contentSchema: 'string',
};

const OTHERS = new Set(['not', '$ref', '$dynamicRef', '$recursiveRef']);

/** True for a keyword of JSON Schema, in any of its drafts, or of OpenAPI. */
export function isStandard(word: string): boolean {
  return JUDGED.has(word) || GROUPED.has(word) || OTHERS.has(word) || word in KIND_OF || isAnnotation(word);
}

const NOT_COMPARED = 'not compared: ';

/**
 * Returns a constraint that exceeds the limits of `Effort`. It is only a hash, because its text is
 * copied into every alternative.
 */
export function notCompared(text: string): string {
  return NOT_COMPARED + contentHash(text);
}

export function isNotCompared(constraint: string): boolean {
  return constraint.startsWith(NOT_COMPARED);
}

const NUMBER_FORMATS = new Set(['int32', 'int64', 'float', 'double']);

export class ConstraintTexts {
  /** Results by the JSON text of the keywords. */
  private readonly known = new Map<string, string>();
  private rootHash: string | undefined;

  constructor(private readonly root: JsonSchema) {}

  /** Returns the constraints of a schema on values of one type that shapes cannot compare. */
  of(schema: JsonSchema, kind: Kind): readonly string[] {
    const words = Object.keys(schema).filter(
      (word) => !JUDGED.has(word) && !GROUPED.has(word) && !isAnnotation(word) && (KIND_OF[word] ?? kind) === kind,
    );
    return [
      ...words.flatMap((word) => this.ofKeyword(word, schema)),
      ...this.conditions(schema),
      ...(kind === 'array' ? this.contained(schema) : []),
      ...(kind === 'number' && NUMBER_FORMATS.has(String(schema['format']))
        ? [this.text({ format: schema['format'] })]
        : []),
    ];
  }

  /** Returns keywords as text, including the targets of their references. */
  text(words: JsonSchema): string {
    const key = canonicalJson(words);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const text = canonicalJson(new Expansion(this.root, this.hashOfRoot).schema(words));
    this.known.set(key, text);
    return text;
  }

  private readonly hashOfRoot = (): string => (this.rootHash ??= contentHash(withoutAnnotations(this.root)));

  private ofKeyword(word: string, schema: JsonSchema): string[] {
    const value = schema[word];
    switch (word) {
      case '$ref':
        return '$ref' in resolveRef({ $ref: value }, this.root) ? [this.text({ $ref: value })] : [];
      case 'uniqueItems':
        return value === true ? [this.text({ uniqueItems: true })] : [];
      case 'propertyNames':
        // Libraries write for a record that its names are strings.
        return listedNames(schema) !== undefined || this.text({ it: value }) === '{"it":{"type":"string"}}'
          ? []
          : [this.text({ [word]: value })];
      case 'dependencies':
      case 'dependentRequired':
      case 'dependentSchemas':
        return isSchema(value) ? Object.entries(value).flatMap(([name, each]) => this.dependent(name, each)) : [];
      case 'unevaluatedProperties':
      case 'unevaluatedItems':
        return [this.text({ [word]: value, within: this.evaluating(word, schema) })];
      default:
        return [this.text({ [word]: value })];
    }
  }

  private dependent(name: string, value: unknown): string[] {
    if (Array.isArray(value)) return value.map((required) => this.text({ dependentRequired: [name, required] }));
    return [this.text({ dependentSchemas: { [name]: value } })];
  }

  private conditions({ if: condition, then, else: otherwise }: JsonSchema): string[] {
    if (condition === undefined) return [];
    return [
      ...(then === undefined ? [] : [this.text({ if: condition, then })]),
      ...(otherwise === undefined ? [] : [this.text({ if: condition, else: otherwise })]),
    ];
  }

  private contained({ contains, minContains, maxContains }: JsonSchema): string[] {
    return contains === undefined ? [] : [this.text({ contains, ...omit({ minContains, maxContains }) })];
  }

  /**
   * Returns what decides which fields or items count as evaluated, without property names: adding a
   * property to an object without other fields breaks no consumer.
   */
  private evaluating(word: string, schema: JsonSchema, seen = new Set<JsonSchema>()): readonly string[] {
    if (seen.has(schema)) return [];
    seen.add(schema);
    const words = word === 'unevaluatedItems' ? EVALUATE_ITEMS : EVALUATE_PROPERTIES;
    const own = words.filter((each) => each in schema).map((each) => this.text({ [each]: schema[each] }));
    const parts = [
      resolveRef(schema, this.root),
      ...(Array.isArray(schema['allOf']) ? (schema['allOf'] as unknown[]) : []),
    ];
    return [...own, ...parts.filter(isSchema).flatMap((part) => this.evaluating(word, part, seen))].sort();
  }
}

const EVALUATE = ['anyOf', 'oneOf', 'if', 'then', 'else', 'not', 'dependentSchemas', '$dynamicRef'];
const EVALUATE_PROPERTIES = [...EVALUATE, 'additionalProperties', 'patternProperties', 'unevaluatedProperties'];
const EVALUATE_ITEMS = [...EVALUATE, 'items', 'prefixItems', 'additionalItems', 'contains', 'unevaluatedItems'];

function omit(words: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined));
}

const MAX_NODES = 5_000;

/**
 * Expands a schema: without annotations, and with the targets of its references. A reference to an
 * enclosing schema stays a reference.
 */
class Expansion {
  private nodes = 0;

  constructor(
    private readonly root: JsonSchema,
    private readonly hashOfRoot: () => string,
  ) {}

  /**
   * Expands one schema. Nested references multiply, so beyond the limit they are not followed. Then
   * a change of any constraint in the document counts as a change of this schema.
   */
  schema(schema: JsonSchema): unknown {
    const expanded = this.expanded(schema, []);
    if (this.nodes <= MAX_NODES) return expanded;
    return { schema: withoutAnnotations(schema), document: this.hashOfRoot() };
  }

  private expanded(schema: JsonSchema, within: readonly JsonSchema[]): unknown {
    if (++this.nodes > MAX_NODES) return undefined;
    const target = typeof schema['$ref'] === 'string' ? resolveRef({ $ref: schema['$ref'] }, this.root) : schema;
    const isFollowed = target !== schema && !('$ref' in target) && !within.includes(target);
    const entries = Object.entries(schema).filter(([word]) => !isAnnotation(word) && !(isFollowed && word === '$ref'));
    const inside = isFollowed ? [...within, target] : within;
    const own = Object.fromEntries(entries.map(([word, value]) => [word, this.value(word, value, inside)]));
    if (!isFollowed) return own;
    const referred = this.expanded(target, inside);
    return entries.length === 0 ? referred : { allOf: [own, referred] };
  }

  private value(word: string, value: unknown, within: readonly JsonSchema[]): unknown {
    return withChildren(word, sortedRequired(word, value), (child) => this.expanded(child, within));
  }
}

/**
 * Removes keywords that limit nothing. Keywords that contain schemas stay, because references may
 * lead into them.
 */
function withoutAnnotations(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).filter(([word, value]) => !isAnnotation(word) || isSchema(value));
  return Object.fromEntries(
    entries.map(([word, value]) => [word, withChildren(word, sortedRequired(word, value), withoutAnnotations)]),
  );
}

function sortedRequired(word: string, value: unknown): unknown {
  return word === 'required' && Array.isArray(value) ? value.toSorted() : value;
}
