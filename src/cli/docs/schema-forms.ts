/**
 * Resolves a schema to its forms.
 * A schema may describe one place in several pieces: references, parts that all apply (`allOf`),
 * alternatives. A reader needs the possible values. So each form has no references and no pieces,
 * and there is one form per alternative.
 */
import {
  alternativesOf,
  isSchema,
  propertiesOf,
  requiredOf,
  resolveRef,
  type JsonSchema,
} from '../../catalog/json-schema';

export interface Form {
  readonly schema: JsonSchema;
  /** Source schemas in the document. A form that contains its own origin is recursive. */
  readonly origins: readonly JsonSchema[];
  /**
   * Pieces of the form, each without references and pieces. If they were merged, keywords would be
   * lost.
   */
  readonly parts: readonly JsonSchema[];
}

const MAX_DEPTH = 16;
/** Maximum number of forms, since nested alternatives multiply. */
const MAX_FORMS = 1000;

export function formsOf(given: JsonSchema, root: JsonSchema, depth = 0): readonly Form[] {
  const origin = resolveRef(given, root);
  const whole = withoutRef(given, origin);
  const { allOf, anyOf: _any, oneOf: _one, ...own } = whole;
  const start: readonly Form[] = [{ schema: own, origins: [origin], parts: [own] }];
  if (depth > MAX_DEPTH) return start;
  const below = (schemas: readonly JsonSchema[]): Form[] => schemas.flatMap((each) => formsOf(each, root, depth + 1));
  const parts = Array.isArray(allOf) ? allOf.filter(isSchema).map((part) => below([part])) : [];
  const alternatives = below(alternativesOf(whole));
  return [...parts, alternatives].filter((part) => part.length > 0).reduce(together, start);
}

/** Resolves a reference. Keywords next to the reference also apply. */
function withoutRef(given: JsonSchema, origin: JsonSchema): JsonSchema {
  if (origin === given) return given;
  const { $ref: _, ...beside } = given;
  return { ...origin, ...beside };
}

function together(forms: readonly Form[], others: readonly Form[]): readonly Form[] {
  if (forms.length * others.length > MAX_FORMS) return [...forms, ...others];
  return forms.flatMap((one) =>
    others.map((other) => ({
      schema: merged(one.schema, other.schema),
      origins: [...one.origins, ...other.origins],
      parts: [...one.parts, ...other.parts],
    })),
  );
}

function merged(one: JsonSchema, other: JsonSchema): JsonSchema {
  const required = [...new Set([...requiredOf(one), ...requiredOf(other)])];
  const properties = new Map(Object.entries(propertiesOf(one)));
  for (const [name, schema] of Object.entries(propertiesOf(other))) {
    const known = properties.get(name);
    properties.set(name, known === undefined ? schema : { allOf: [known, schema] });
  }
  return {
    ...one,
    ...other,
    ...(required.length > 0 && { required }),
    ...(properties.size > 0 && { properties: Object.fromEntries(properties) }),
  };
}
