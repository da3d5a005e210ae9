/**
 * Two libraries write one schema in two ways, and so do two releases of one: `type: [..]` or anyOf, const or enum, a reference or
 * the thing itself, bounds that hold for every number. Compared as they are written, a change of the library would look like a
 * hundred changes of the events. So a schema is first brought to a shape: for each JSON type, the values that are listed and the
 * kinds of value that are allowed besides. Equal meanings have, as far as events go, equal shapes.
 */
import { canonicalJson } from '../canonical-json';
import { isSchema, jsonTypeOf, requiredOf, resolveRef, typesOf, valuesOf, type JsonSchema } from '../json-schema';
import { fitsFormat, patternSpellsFormat } from './formats';

/** Schemas that a value has to fit all at once; none of them: anything fits. */
export type Conjunction = readonly JsonSchema[];

/** As JSON has them; an integer is a number with a limit. */
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export interface Bound {
  readonly value: number;
  readonly isExclusive: boolean;
}

interface Constraints {
  /** What this comparison cannot judge (`not`, `if`, `patternProperties`, ...), as canonical JSON. */
  readonly others: readonly string[];
}

export interface NumberShape extends Constraints {
  readonly kind: 'number';
  readonly isInteger: boolean;
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly steps: readonly number[];
}

export interface TextShape extends Constraints {
  readonly kind: 'string';
  readonly minLength: number;
  readonly maxLength: number;
  readonly patterns: readonly string[];
  readonly formats: readonly string[];
}

export interface ListShape extends Constraints {
  readonly kind: 'array';
  readonly minItems: number;
  readonly maxItems: number;
  /** What stands at the first places. */
  readonly places: readonly Conjunction[];
  /** What stands at all others. */
  readonly items: Conjunction;
}

export interface ObjectShape extends Constraints {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, Conjunction>;
  readonly required: readonly string[];
  /** What stands in fields that are not named. */
  readonly additional: Conjunction;
}

export type Alternative = NumberShape | TextShape | ListShape | ObjectShape;

/** Of one JSON type: the values that are listed, and what is allowed besides. Null and booleans are always listed. */
export interface KindShape {
  readonly values: readonly unknown[];
  readonly alternatives: readonly Alternative[];
}

/** A kind that is missing is not allowed. */
export type Shape = ReadonlyMap<Kind, KindShape>;

export const NOTHING: JsonSchema = { not: {} };

/** @param root in which the references of the schemas lead */
export function shapeOf(schemas: Conjunction, root: JsonSchema): Shape {
  return new ShapeReader(root).readAll(schemas);
}

export function isNothing(schemas: Conjunction, root: JsonSchema): boolean {
  return shapeOf(schemas, root).size === 0;
}

/** Whether a value may stand there, as far as it can be told. */
export function allows({ values, alternatives }: KindShape, value: unknown): boolean {
  const text = canonicalJson(value);
  return values.some((each) => canonicalJson(each) === text) || alternatives.some((each) => fits(value, each));
}

/** What stands in a field, named or not. */
export function fieldOf({ fields, additional }: ObjectShape, name: string): Conjunction {
  return fields.get(name) ?? additional;
}

class ShapeReader {
  /** A reference that leads to itself, with nothing between, allows nothing. */
  private readonly followed = new Set<JsonSchema>();

  constructor(private readonly root: JsonSchema) {}

  readAll(schemas: Conjunction): Shape {
    return schemas.reduce<Shape>((shape, schema) => intersection(shape, this.read(schema)), ANYTHING);
  }

  private read(schema: JsonSchema): Shape {
    if (this.followed.has(schema)) return new Map();
    this.followed.add(schema);
    let shape = this.own(schema);
    if (typeof schema['$ref'] === 'string') {
      const target = resolveRef({ $ref: schema['$ref'] }, this.root);
      if (!('$ref' in target)) shape = intersection(shape, this.read(target));
    }
    for (const part of conjunctionsIn(schema['allOf'])) shape = intersection(shape, this.readAll(part));
    // A value that fits two of oneOf is refused by it; no reader can tell the two words apart.
    for (const word of ['anyOf', 'oneOf']) {
      if (Array.isArray(schema[word]))
        shape = intersection(
          shape,
          union(conjunctionsIn(schema[word]).map((alternative) => this.readAll(alternative))),
        );
    }
    this.followed.delete(schema);
    return shape;
  }

  private own(schema: JsonSchema): Shape {
    if (isSchema(schema['not']) && Object.keys(schema['not']).length === 0) return new Map();
    const named = typesOf('type' in schema ? { type: schema['type'] } : {});
    const listed = valuesOf(schema)?.filter((value) => !('const' in schema) || same(value, schema['const']));
    const shape = new Map<Kind, KindShape>();
    for (const kind of KINDS) {
      const isNamed = named === undefined || named.includes(kind) || (kind === 'number' && named.includes('integer'));
      if (!isNamed) continue;
      const isInteger = named?.includes('integer') === true && !named.includes('number');
      const allowed = this.kindOf(kind, schema, isInteger);
      if (listed === undefined) shape.set(kind, allowed);
      else {
        const values = listed.filter((value) => kindOf(value) === kind && (isCompound(kind) || allows(allowed, value)));
        if (values.length > 0) shape.set(kind, { values, alternatives: [] });
      }
    }
    return shape;
  }

  private kindOf(kind: Kind, schema: JsonSchema, isInteger: boolean): KindShape {
    switch (kind) {
      case 'null':
        return { values: [null], alternatives: [] };
      case 'boolean':
        return { values: [false, true], alternatives: [] };
      case 'number':
        return { values: [], alternatives: [numberOf(schema, isInteger, this.others(schema, kind))] };
      case 'string':
        return { values: [], alternatives: [textOf(schema, this.others(schema, kind))] };
      case 'array':
        return { values: [], alternatives: [listOf(schema, this.others(schema, kind))] };
      case 'object':
        return { values: [], alternatives: [objectOf(schema, this.others(schema, kind))] };
    }
  }

  private others(schema: JsonSchema, kind: Kind): readonly string[] {
    return [...UNJUDGED.all, ...UNJUDGED[kind]].flatMap((word) =>
      word in schema && !(word === 'uniqueItems' && schema[word] === false) && !saysNothing(word, schema[word])
        ? [canonicalJson({ [word]: this.withoutReferences(schema[word], []) })]
        : [],
    );
  }

  /** What stands behind a reference belongs to the text of it: else it could change unseen. */
  private withoutReferences(value: unknown, within: readonly unknown[]): unknown {
    if (Array.isArray(value)) return value.map((each) => this.withoutReferences(each, within));
    if (!isSchema(value)) return value;
    const target = resolveRef(value, this.root);
    if (within.includes(target)) return value;
    const inside = [...within, target];
    return Object.fromEntries(Object.entries(target).map(([key, each]) => [key, this.withoutReferences(each, inside)]));
  }
}

const KINDS: readonly Kind[] = ['null', 'boolean', 'number', 'string', 'array', 'object'];

/** Words that limit a value in ways that are only compared by their text. */
const UNJUDGED: Readonly<Record<Kind | 'all', readonly string[]>> = {
  all: ['not', 'if', 'then', 'else'],
  null: [],
  boolean: [],
  number: [],
  string: [],
  array: ['uniqueItems', 'contains', 'minContains', 'maxContains', 'unevaluatedItems'],
  object: [
    ...['patternProperties', 'propertyNames', 'minProperties', 'maxProperties'],
    ...['dependentRequired', 'dependentSchemas', 'unevaluatedProperties'],
  ],
};

/** Of a record, two of the libraries say that its names are texts. */
function saysNothing(word: string, value: unknown): boolean {
  return word === 'propertyNames' && canonicalJson(value) === '{"type":"string"}';
}

function numberOf(schema: JsonSchema, isTyped: boolean, others: readonly string[]): NumberShape {
  const step = schema['multipleOf'];
  const steps = typeof step === 'number' ? [step] : [];
  return numberShape(
    isTyped,
    strongest([boundOf(schema['minimum'], false), boundOf(schema['exclusiveMinimum'], true)], 1),
    strongest([boundOf(schema['maximum'], false), boundOf(schema['exclusiveMaximum'], true)], -1),
    steps,
    others,
  );
}

function numberShape(
  isTyped: boolean,
  lower: Bound | undefined,
  upper: Bound | undefined,
  steps: readonly number[],
  others: readonly string[],
): NumberShape {
  const isInteger = isTyped || steps.some((step) => Number.isInteger(step));
  return {
    kind: 'number',
    isInteger,
    lower: isInteger ? wholeBound(lower, 1) : lower,
    upper: isInteger ? wholeBound(upper, -1) : upper,
    steps: [...new Set(steps)].filter((step) => !(isInteger && step === 1)).sort((a, b) => a - b),
    others,
  };
}

/** A bound beyond what a number holds exactly is written by libraries where nothing was said. */
function boundOf(value: unknown, isExclusive: boolean): Bound | undefined {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? { value, isExclusive } : undefined;
}

/** @param side 1 of lower bounds, where the higher is the stronger; -1 of upper ones */
function strongest(bounds: readonly (Bound | undefined)[], side: 1 | -1): Bound | undefined {
  return bounds.reduce((best, bound) => {
    if (best === undefined || bound === undefined) return best ?? bound;
    return isWithin(bound, best, side) ? bound : best;
  });
}

/** Whether one bound keeps to another: all that it lets through, the other lets through too. */
export function isWithin(bound: Bound, other: Bound, side: 1 | -1): boolean {
  const distance = (bound.value - other.value) * side;
  return distance > 0 || (distance === 0 && (bound.isExclusive || !other.isExclusive));
}

/** Above 0, and from 1 up: the same for integers. */
function wholeBound(bound: Bound | undefined, side: 1 | -1): Bound | undefined {
  if (bound === undefined) return undefined;
  const rounded = side === 1 ? Math.ceil(bound.value) : Math.floor(bound.value);
  return { value: bound.isExclusive && rounded === bound.value ? rounded + side : rounded, isExclusive: false };
}

function textOf(schema: JsonSchema, others: readonly string[]): TextShape {
  const formats = [schema['format'], schema['contentEncoding']].filter(
    (format): format is string => typeof format === 'string' && !PATTERN_FORMATS.has(format),
  );
  const pattern = schema['pattern'];
  return {
    kind: 'string',
    minLength: countOf(schema['minLength'], 0),
    maxLength: countOf(schema['maxLength'], Infinity),
    ...limitsOfText(typeof pattern === 'string' ? [pattern] : [], formats),
    others,
  };
}

/** What zod calls a format where it writes a pattern; the pattern says it all. */
const PATTERN_FORMATS = new Set(['starts_with', 'ends_with', 'includes', 'regex', 'lowercase', 'uppercase']);

function limitsOfText(
  patterns: readonly string[],
  formats: readonly string[],
): Pick<TextShape, 'patterns' | 'formats'> {
  const spelt = (pattern: string): boolean => formats.some((format) => patternSpellsFormat(pattern, format));
  return {
    patterns: [...new Set(patterns)].filter((pattern) => !spelt(pattern)).sort(),
    formats: [...new Set(formats)].sort(),
  };
}

function listOf(schema: JsonSchema, others: readonly string[]): ListShape {
  const places = conjunctionsIn(schema['prefixItems']);
  const items = conjunctionOf(schema['items']);
  // Of a tuple that takes nothing more, one library says its length too, and others do not.
  const most = items.includes(NOTHING) ? places.length : Infinity;
  const maxItems = Math.min(countOf(schema['maxItems'], Infinity), most);
  return { kind: 'array', minItems: countOf(schema['minItems'], 0), maxItems, places, items, others };
}

function objectOf(schema: JsonSchema, others: readonly string[]): ObjectShape {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  return {
    kind: 'object',
    fields: new Map(Object.entries(properties).map(([name, field]) => [name, conjunctionOf(field)])),
    required: [...new Set(requiredOf(schema))].sort(),
    additional: conjunctionOf(schema['additionalProperties']),
    others,
  };
}

function countOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function conjunctionOf(value: unknown): Conjunction {
  if (value === false) return [NOTHING];
  return isSchema(value) && Object.keys(value).length > 0 ? [value] : [];
}

function conjunctionsIn(value: unknown): readonly Conjunction[] {
  return Array.isArray(value) ? value.map(conjunctionOf) : [];
}

function both(a: Conjunction, b: Conjunction): Conjunction {
  return [...new Map([...a, ...b].map((schema) => [canonicalJson(schema), schema])).values()];
}

function union(shapes: readonly Shape[]): Shape {
  const joined = new Map<Kind, KindShape>();
  for (const kind of KINDS) {
    const shapesOfKind = shapes.flatMap((shape) => shape.get(kind) ?? []);
    if (shapesOfKind.length === 0) continue;
    const alternatives = distinct(shapesOfKind.flatMap((shape) => shape.alternatives));
    const values = distinct(shapesOfKind.flatMap((shape) => shape.values));
    joined.set(kind, {
      // A value that another alternative allows anyway is not worth a word.
      values: values.filter((value) => !alternatives.some((each) => fits(value, each))),
      alternatives,
    });
  }
  return joined;
}

function intersection(a: Shape, b: Shape): Shape {
  if (a === ANYTHING) return b;
  const shared = new Map<Kind, KindShape>();
  for (const kind of KINDS) {
    const [one, other] = [a.get(kind), b.get(kind)];
    if (one === undefined || other === undefined) continue;
    const values = [
      ...one.values.filter((value) => allows(other, value)),
      ...other.values.filter((value) => allows(one, value)),
    ];
    const alternatives = one.alternatives.flatMap((first) =>
      other.alternatives.map((second) => mergedAlternative(first, second)),
    );
    if (values.length + alternatives.length > 0)
      shared.set(kind, { values: distinct(values), alternatives: distinct(alternatives) });
  }
  return shared;
}

function mergedAlternative(a: Alternative, b: Alternative): Alternative {
  const others = [...new Set([...a.others, ...b.others])].sort();
  if (a.kind === 'number' && b.kind === 'number')
    return numberShape(
      a.isInteger || b.isInteger,
      strongest([a.lower, b.lower], 1),
      strongest([a.upper, b.upper], -1),
      [...a.steps, ...b.steps],
      others,
    );
  if (a.kind === 'string' && b.kind === 'string')
    return {
      kind: 'string',
      minLength: Math.max(a.minLength, b.minLength),
      maxLength: Math.min(a.maxLength, b.maxLength),
      ...limitsOfText([...a.patterns, ...b.patterns], [...a.formats, ...b.formats]),
      others,
    };
  if (a.kind === 'array' && b.kind === 'array') {
    const length = Math.max(a.places.length, b.places.length);
    return {
      kind: 'array',
      minItems: Math.max(a.minItems, b.minItems),
      maxItems: Math.min(a.maxItems, b.maxItems),
      places: Array.from({ length }, (_, at) => both(a.places[at] ?? a.items, b.places[at] ?? b.items)),
      items: both(a.items, b.items),
      others,
    };
  }
  if (a.kind === 'object' && b.kind === 'object')
    return {
      kind: 'object',
      fields: new Map(
        [...new Set([...a.fields.keys(), ...b.fields.keys()])].map((name) => [
          name,
          both(fieldOf(a, name), fieldOf(b, name)),
        ]),
      ),
      required: [...new Set([...a.required, ...b.required])].sort(),
      additional: both(a.additional, b.additional),
      others,
    };
  return a; // of one kind each: never reached
}

function distinct<Each>(list: readonly Each[]): readonly Each[] {
  return [...new Map(list.map((each) => [textOfShape(each), each])).values()];
}

function textOfShape(value: unknown): string {
  // Infinity has no JSON, and a Map would be {}.
  const plain = JSON.stringify(value, (_key, each: unknown) => {
    if (each === Infinity) return 'Infinity';
    return each instanceof Map ? [...each].sort(([a], [b]) => (a < b ? -1 : 1)) : each;
  });
  return canonicalJson(JSON.parse(plain));
}

function kindOf(value: unknown): Kind {
  const type = jsonTypeOf(value);
  return type === 'integer' ? 'number' : type;
}

function isCompound(kind: Kind): boolean {
  return kind === 'array' || kind === 'object';
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function fits(value: unknown, alternative: Alternative): boolean {
  if (kindOf(value) !== alternative.kind || alternative.others.length > 0) return false;
  switch (alternative.kind) {
    case 'number':
      return isOfNumber(value as number, alternative);
    case 'string':
      return isOfText(value as string, alternative);
    case 'array':
    case 'object':
      return textOfShape(alternative) === UNLIMITED[alternative.kind];
  }
}

function isOfNumber(value: number, { isInteger, lower, upper, steps }: NumberShape): boolean {
  const itself = { value, isExclusive: false };
  return (
    (!isInteger || Number.isInteger(value)) &&
    (lower === undefined || isWithin(itself, lower, 1)) &&
    (upper === undefined || isWithin(itself, upper, -1)) &&
    steps.every((step) => Number.isInteger(value / step))
  );
}

function isOfText(value: string, { minLength, maxLength, patterns, formats }: TextShape): boolean {
  const { length } = Array.from(value); // as JSON Schema counts: code points
  return (
    length >= minLength &&
    length <= maxLength &&
    patterns.every((pattern) => matches(pattern, value)) &&
    formats.every((format) => fitsFormat(value, format))
  );
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return false; // a pattern of another dialect: not judged, so not allowed
  }
}

const ANYTHING: Shape = new Map(
  KINDS.map((kind) => {
    const values = kind === 'null' ? [null] : kind === 'boolean' ? [false, true] : [];
    return [kind, { values, alternatives: alternativesOfKind(kind) }];
  }),
);

function alternativesOfKind(kind: Kind): readonly Alternative[] {
  switch (kind) {
    case 'number':
      return [numberOf({}, false, [])];
    case 'string':
      return [textOf({}, [])];
    case 'array':
      return [listOf({}, [])];
    case 'object':
      return [objectOf({}, [])];
    default:
      return [];
  }
}

const UNLIMITED = { array: textOfShape(listOf({}, [])), object: textOfShape(objectOf({}, [])) };

export function isAnything(shape: Shape): boolean {
  return KINDS.every((kind) => textOfShape(shape.get(kind) ?? null) === textOfShape(ANYTHING.get(kind)));
}
