import { isSchema, propertiesOf, resolveRef, type JsonSchema } from '../../catalog/json-schema';
import { isClosedObject, soleAlternativeOf, soleSchemaOf, TRACKED_BELOW } from '../../catalog/tracked-objects';
import { isStandard } from './constraint-text';
import { withChildren } from '../../catalog/schema-children';

/** Keywords whose schemas are conditions and describe no place of an event. */
const CONDITIONS = new Set([
  ...['not', 'if', 'then', 'else', 'contains', 'propertyNames', 'dependentSchemas', 'dependencies'],
]);

/** Schema with the document that its references point into. */
export interface RootedSchema {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
}

/**
 * Adds to a schema of zod, arktype, valibot or a class what the tracker does: an object rejects
 * undeclared fields. Removes keywords that are not standard, which are metadata of the definition
 * (`.meta({ unit: 'ms' })`).
 * @param document schema that the reference pointers start from
 */
export function closeObjects(document: JsonSchema): RootedSchema {
  return new Closing(withoutMetadata(document)).closed();
}

function withoutMetadata(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).filter(([word]) => isStandard(word));
  return Object.fromEntries(
    entries.map(([word, value]) => [
      word,
      CONDITIONS.has(word) ? value : withChildren(word, value, (child) => withoutMetadata(child)),
    ]),
  );
}

/**
 * Closes the objects of one document. A referenced schema may be closed in one place and open in
 * another, so it is copied where it is closed.
 */
class Closing {
  private readonly copies: Record<string, JsonSchema> = {};
  private readonly pointers = new Map<JsonSchema, string>();

  constructor(private readonly root: JsonSchema) {}

  closed(): RootedSchema {
    const schema = { $ref: this.copied(this.root) };
    const definitions = isSchema(this.root['$defs']) ? this.root['$defs'] : {};
    return { schema, root: { ...this.root, $defs: { ...definitions, ...this.copies } } };
  }

  private copied(target: JsonSchema): string {
    const known = this.pointers.get(target);
    if (known !== undefined) return known;
    const name = `closed:${String(this.pointers.size)}`;
    const pointer = `#/$defs/${name}`;
    this.pointers.set(target, pointer);
    this.copies[name] = this.place(target);
    return pointer;
  }

  private place(given: JsonSchema): JsonSchema {
    if (soleSchemaOf(given, this.root) === undefined) return given;
    if (typeof given['$ref'] === 'string') return { ...given, $ref: this.copied(resolveRef(given, this.root)) };
    const only = soleAlternativeOf(given);
    if (only !== undefined) return this.withAlternative(given, only);
    const below = TRACKED_BELOW.filter((word) => isSchema(given[word])).map((word) => [
      word,
      word === 'properties' ? this.fields(given) : this.place(given[word] as JsonSchema),
    ]);
    const closed = isClosedObject(given) ? { additionalProperties: false } : {};
    return { ...given, ...(Object.fromEntries(below) as JsonSchema), ...closed };
  }

  private withAlternative(given: JsonSchema, only: JsonSchema): JsonSchema {
    const word = 'anyOf' in given ? 'anyOf' : 'oneOf';
    const alternatives = given[word] as readonly unknown[];
    return { ...given, [word]: alternatives.map((each) => (each === only ? this.place(only) : each)) };
  }

  private fields(schema: JsonSchema): JsonSchema {
    return Object.fromEntries(
      Object.entries(propertiesOf(schema)).map(([name, each]) => [name, isSchema(each) ? this.place(each) : each]),
    );
  }
}
