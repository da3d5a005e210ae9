/**
 * Resolves a schema to its forms.
 * A schema may describe one place in several pieces: references, parts that all apply (`allOf`),
 * alternatives. A reader needs the possible values. So each form has no references and no pieces,
 * and there is one form per alternative.
 */
import { isSchema, propertiesOf, requiredOf, resolveRef, typesOf, type JsonSchema } from '../json-schema';

/** `oneOf`: exactly one alternative applies. `anyOf`: at least one. */
export type Choice = 'oneOf' | 'anyOf';

export interface Form {
  readonly schema: JsonSchema;
  /** Source schemas in the document. A form that contains its own origin is recursive. */
  readonly origins: readonly JsonSchema[];
  /**
   * Pieces of the form, each without references and pieces. If they were merged, keywords would be
   * lost.
   */
  readonly parts: readonly JsonSchema[];
  /** Titles or names of the alternatives that make the form, outermost first. */
  readonly names: readonly string[];
  /** Keyword of the innermost alternatives; undefined for a schema without alternatives. */
  readonly choice: Choice | undefined;
}

const MAX_DEPTH = 16;
/** Maximum number of forms, since nested alternatives multiply. */
const MAX_FORMS = 1000;

export function formsOf(given: JsonSchema, root: JsonSchema, depth = 0): readonly Form[] {
  const origin = resolveRef(given, root);
  const whole = withoutRef(given, origin);
  const { allOf, anyOf: _any, oneOf: _one, ...rest } = whole;
  const own = isNever(whole) ? { ...rest, not: {} } : rest;
  const start: readonly Form[] = [{ schema: own, origins: [origin], parts: [own], names: [], choice: undefined }];
  if (depth > MAX_DEPTH) return start;
  const parts = schemasIn(allOf).map((part) => formsOf(part, root, depth + 1));
  const alternatives = (['anyOf', 'oneOf'] as const).map((choice) =>
    schemasIn(whole[choice]).flatMap((each) => {
      const name = nameOf(each, root);
      return formsOf(each, root, depth + 1).map((form) => ({
        ...form,
        names: [...(name === undefined ? [] : [name]), ...form.names],
        choice: form.choice ?? choice,
      }));
    }),
  );
  return [...parts, ...alternatives].filter((part) => part.length > 0).reduce(together, start);
}

/** Returns true for a schema with `false` as a part, or as its only alternative. */
function isNever({ allOf, anyOf, oneOf }: JsonSchema): boolean {
  const isEmpty = (list: unknown): boolean => Array.isArray(list) && list.every((each) => each === false);
  return (Array.isArray(allOf) && allOf.includes(false)) || [anyOf, oneOf].some(isEmpty);
}

/** Returns the schemas of a list. `true` accepts everything, like an empty schema. */
function schemasIn(list: unknown): readonly JsonSchema[] {
  if (!Array.isArray(list)) return [];
  return list.map((each: unknown) => (each === true ? {} : each)).filter(isSchema);
}

/** Returns the title of an alternative, or the name of its definition. */
function nameOf(alternative: JsonSchema, root: JsonSchema): string | undefined {
  const { $ref } = alternative;
  const title = alternative['title'] ?? resolveRef(alternative, root)['title'];
  if (typeof title === 'string' && title !== '') return title;
  const [, name] = /\/([^/]+)$/.exec(typeof $ref === 'string' ? $ref : '') ?? [];
  // A name such as `__schema0` or `0` is of a library or a position.
  return name === undefined || /^(?:__|\d+$)/.test(name) ? undefined : decodedName(name);
}

function decodedName(name: string): string {
  try {
    return decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return name;
  }
}

/** Resolves a reference. Keywords next to the reference also apply. */
function withoutRef(given: JsonSchema, origin: JsonSchema): JsonSchema {
  if (origin === given) return given;
  const { $ref: _, ...beside } = given;
  return { ...origin, ...beside };
}

function together(forms: readonly Form[], others: readonly Form[]): readonly Form[] {
  if (forms.length * others.length > MAX_FORMS) return [...forms, ...others];
  const all = forms.flatMap((one) =>
    others.map((other) => ({
      schema: merged(one.schema, other.schema),
      origins: [...one.origins, ...other.origins],
      parts: [...one.parts, ...other.parts],
      names: [...one.names, ...other.names],
      choice: other.choice ?? one.choice,
    })),
  );
  const possible = all.filter(({ schema: { type } }) => !Array.isArray(type) || type.length > 0);
  return possible.length > 0 ? possible : all;
}

function merged(one: JsonSchema, other: JsonSchema): JsonSchema {
  const required = [...new Set([...requiredOf(one), ...requiredOf(other)])];
  const properties = bothMaps(propertiesOf(one), propertiesOf(other));
  const patterns = bothMaps(mapIn(one), mapIn(other));
  const types = commonTypes(one, other);
  return {
    ...one,
    ...other,
    ...(types !== undefined && { type: types }),
    ...(isSchema(one['items']) && isSchema(other['items']) && { items: both(one['items'], other['items']) }),
    ...(required.length > 0 && { required }),
    ...(properties.size > 0 && { properties: Object.fromEntries(properties) }),
    ...(patterns.size > 0 && { patternProperties: Object.fromEntries(patterns) }),
  };
}

function mapIn({ patternProperties }: JsonSchema): JsonSchema {
  return isSchema(patternProperties) ? patternProperties : {};
}

function bothMaps(one: JsonSchema, other: JsonSchema): ReadonlyMap<string, unknown> {
  const all = new Map(Object.entries(one));
  for (const [name, schema] of Object.entries(other))
    all.set(name, all.has(name) ? both(all.get(name), schema) : schema);
  return all;
}

function both(one: unknown, other: unknown): unknown {
  if (one === false || other === false) return false;
  return isSchema(one) && isSchema(other) ? { allOf: [one, other] } : isSchema(one) ? one : other;
}

/** Returns the types that both schemas accept; undefined unless both restrict them. */
function commonTypes(one: JsonSchema, other: JsonSchema): readonly string[] | undefined {
  const [first, second] = [typesOf(one), typesOf(other)];
  if (first === undefined || second === undefined || !('type' in one) || !('type' in other)) return undefined;
  const wide = (types: readonly string[]): readonly string[] =>
    types.includes('number') ? [...types, 'integer'] : types;
  const common = wide(first).filter((type) => wide(second).includes(type));
  return common.includes('number') ? common.filter((type) => type !== 'integer') : common;
}
