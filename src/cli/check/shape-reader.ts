import { isSchema, resolveRef, typesOf, valuesOf, type JsonSchema } from '../../catalog/json-schema';
import { areDisjoint, constrained, intersection, union, valuesIn, type Reading } from './combine-shapes';
import { ConstraintTexts, isAnnotation } from './constraint-text';
import { Effort } from './effort';
import type { ReadShape } from './judge-value';
import { conjunctionsIn, listOf, numberOf, objectOf, textOf } from './keyword-limits';
import {
  KINDS,
  kindOf,
  listedValue,
  textOfShape,
  type Conjunction,
  type Kind,
  type KindShape,
  type Shape,
} from './shape';

/**
 * Maximum number of alternatives of a `oneOf` that are compared; a longer one is compared as text.
 */
const MAX_COMPARED = 200;

/** Reads the schemas of one document, whose references are JSON pointers into it. */
export class ShapeReader {
  /** Shapes by schema, because comparing alternatives reads each schema several times. */
  private readonly known = new Map<JsonSchema, Shape>();
  readonly texts: ConstraintTexts;

  constructor(
    readonly root: JsonSchema,
    readonly effort = new Effort(),
  ) {
    this.texts = new ConstraintTexts(root);
  }

  readonly shapeOf = (schemas: Conjunction): Shape => this.readAll(schemas, 0).shape;

  readonly isNothing = (schemas: Conjunction): boolean => schemas.length > 0 && this.shapeOf(schemas).size === 0;

  /**
   * Reads schemas that all apply to one place.
   * @param depth depth of the place in a value
   */
  readAll(schemas: Conjunction, depth: number): Read {
    const [only] = schemas;
    const known = only !== undefined && schemas.length === 1 ? this.known.get(only) : undefined;
    if (known !== undefined) return { shape: known, isCut: false };
    const reading = new PlaceReading(this, depth);
    const read = { shape: reading.all(schemas), isCut: reading.isCut };
    if (only !== undefined && schemas.length === 1 && !read.isCut) this.known.set(only, read.shape);
    return read;
  }
}

interface Read {
  readonly shape: Shape;
  /** True if a value was too deep to be judged, so that a fresh read may find more. */
  readonly isCut: boolean;
}

/** Maximum depth, because listed values of recursive schemas are endless. */
const MAX_DEPTH = 4;

class PlaceReading implements Reading {
  isCut = false;
  readonly effort: Effort;
  /** Schemas on the current path. A reference that leads directly to itself allows nothing. */
  private readonly followed = new Set<JsonSchema>();
  private readonly texts: ConstraintTexts;

  constructor(
    private readonly reader: ShapeReader,
    private readonly depth: number,
  ) {
    this.texts = reader.texts;
    this.effort = reader.effort;
  }

  readonly read: ReadShape = (schemas) => {
    if (this.depth >= MAX_DEPTH) {
      this.isCut = true;
      return undefined;
    }
    const { shape, isCut } = this.reader.readAll(schemas, this.depth + 1);
    this.isCut ||= isCut;
    return shape;
  };

  readonly textOf = (schemas: Conjunction): string => this.texts.text({ allOf: schemas });

  all(schemas: Conjunction): Shape {
    return schemas.reduce<Shape>((shape, schema) => this.and(shape, this.schema(schema), schema), ANYTHING);
  }

  /**
   * Returns what both shapes allow.
   * @param words keywords from which the other shape was read
   */
  private and(shape: Shape, other: Shape, words: JsonSchema): Shape {
    return shape === ANYTHING ? other : intersection(shape, other, this, () => this.texts.text(words));
  }

  private schema(schema: JsonSchema): Shape {
    if (this.followed.has(schema)) return new Map();
    this.followed.add(schema);
    let shape = this.own(schema);
    if (typeof schema['$ref'] === 'string') {
      const target = resolveRef({ $ref: schema['$ref'] }, this.reader.root);
      if (!('$ref' in target)) shape = this.and(shape, this.schema(target), target);
    }
    for (const part of conjunctionsIn(schema['allOf'])) shape = this.and(shape, this.all(part), { allOf: part });
    const { anyOf, oneOf } = schema;
    if (Array.isArray(anyOf)) shape = this.and(shape, union(this.alternatives(anyOf), this), { anyOf });
    if (Array.isArray(oneOf)) shape = this.and(shape, this.one(oneOf), { oneOf });
    this.followed.delete(schema);
    return shape;
  }

  private alternatives(schemas: unknown): readonly Shape[] {
    return conjunctionsIn(schemas).map((each) => this.all(each));
  }

  /**
   * Reads `oneOf`, which rejects a value that matches two alternatives. Otherwise it is `anyOf`.
   */
  private one(schemas: unknown): Shape {
    const shapes = this.alternatives(schemas);
    const isApart =
      shapes.length <= MAX_COMPARED &&
      shapes.every((a, at) => shapes.slice(at + 1).every((b) => areDisjoint(a, b, this)));
    const joined = union(shapes, this);
    return isApart ? joined : constrained(joined, [this.texts.text({ oneOf: schemas })]);
  }

  private own(schema: JsonSchema): Shape {
    if (isSchema(schema['not']) && Object.keys(schema['not']).length === 0) return new Map();
    if (Object.keys(schema).every((word) => this.isElsewhere(word, schema))) return ANYTHING;
    const named = namedTypes(schema);
    const isInteger = named?.includes('integer') === true && !named.includes('number');
    const listed = listedIn(schema);
    const shape = new Map<Kind, KindShape>();
    for (const kind of KINDS) {
      if (named?.includes(kind) === false && !(kind === 'number' && isInteger)) continue;
      const allowed = kindShape(kind, schema, isInteger, this.texts.of(schema, kind));
      if (listed === undefined) shape.set(kind, allowed);
      else {
        const ofKind = listed.filter((value) => kindOf(value) === kind).map((value) => listedValue(value));
        const values = valuesIn({ values: ofKind, alternatives: [] }, allowed, this);
        if (values.length > 0) shape.set(kind, { values, alternatives: [] });
      }
    }
    return shape;
  }

  /** True for a keyword that limits no value, or that is read separately. */
  private isElsewhere(word: string, schema: JsonSchema): boolean {
    if (word !== '$ref') return isAnnotation(word) || ['allOf', 'anyOf', 'oneOf'].includes(word);
    return !('$ref' in resolveRef({ $ref: schema[word] }, this.reader.root));
  }
}

/** Returns the types. Ajv and OpenAPI 3.0 add null to the types of a `nullable` schema. */
function namedTypes({ type, nullable }: JsonSchema): readonly string[] | undefined {
  const named = type === undefined ? undefined : typesOf({ type });
  return named !== undefined && nullable === true ? [...named, 'null'] : named;
}

function listedIn(schema: JsonSchema): readonly unknown[] | undefined {
  const values = valuesOf(schema);
  if (values === undefined || !('const' in schema)) return values;
  const { text } = listedValue(schema['const']);
  return values.filter((value) => listedValue(value).text === text);
}

function kindShape(kind: Kind, schema: JsonSchema, isInteger: boolean, others: readonly string[]): KindShape {
  switch (kind) {
    case 'null':
      return { values: [listedValue(null, others)], alternatives: [] };
    case 'boolean':
      return { values: [listedValue(false, others), listedValue(true, others)], alternatives: [] };
    case 'number':
      return { values: [], alternatives: [numberOf(schema, isInteger, others)] };
    case 'string':
      return { values: [], alternatives: [textOf(schema, others)] };
    case 'array':
      return { values: [], alternatives: [listOf(schema, others)] };
    case 'object':
      return { values: [], alternatives: [objectOf(schema, others)] };
  }
}

const ANYTHING: Shape = new Map(KINDS.map((kind) => [kind, kindShape(kind, {}, false, [])]));

const TEXTS_OF_ANYTHING = new Map([...ANYTHING].map(([kind, shape]) => [kind, textOfShape(shape)]));

export function isAnything(shape: Shape): boolean {
  if (shape === ANYTHING || shape.size < KINDS.length) return shape === ANYTHING;
  return KINDS.every((kind) => textOfShape(shape.get(kind)) === TEXTS_OF_ANYTHING.get(kind));
}
