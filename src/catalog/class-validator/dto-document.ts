import { isSchema, propertiesOf, type JsonSchema } from '../json-schema';
import { fieldsOf, type DtoField, type DtoShape, type DtoType } from './dto-class';
import { NOT_EMPTY, NOT_NULL, UNIQUE, writtenRule } from './dto-rules';
import { validationMetadataArrayToSchemas } from './peers';

const PREFIX = '#/$defs/';
const PRIMITIVES = new Set(['string', 'number', 'integer', 'boolean']);

/**
 * Creates the JSON Schema of a class, which accepts what validation accepts. Only classes reachable
 * from it are read. Each has its own name in `$defs`, so that other classes of the process with the
 * same name do not matter.
 * @param isRequired returns true if validation rejects an event without the field
 */
export function documentOf(type: DtoType, isRequired: (type: DtoType, field: DtoField) => boolean): JsonSchema {
  return new DocumentBuilder(isRequired).document(type);
}

class DocumentBuilder {
  private readonly names = new Map<DtoType, string>();
  private readonly taken = new Set<string>();

  constructor(private readonly isRequired: (type: DtoType, field: DtoField) => boolean) {}

  document(type: DtoType): JsonSchema {
    const root = this.classSchema(type);
    const definitions: [string, JsonSchema][] = [];
    // Iterating over a map also visits what is added meanwhile: nested classes of nested classes.
    for (const [nested, name] of this.names) definitions.push([name, this.classSchema(nested)]);
    return definitions.length === 0 ? root : { ...root, $defs: Object.fromEntries(definitions) };
  }

  private classSchema(type: DtoType): JsonSchema {
    const fields = fieldsOf(type);
    const required = fields.filter((field) => this.isRequired(type, field)).map(({ key }) => key);
    const properties = Object.fromEntries(fields.map((field) => [field.key, this.fieldSchema(field)]));
    const own: JsonSchema = { properties, type: 'object', ...(required.length > 0 && { required }) };
    return fields.length === 0 ? { type: 'object' } : annotated(type, fields, own);
  }

  private fieldSchema(field: DtoField): JsonSchema {
    const parts = field.rules.map((rule) => {
      const written = writtenRule(rule);
      const { schema, example } = written ?? { schema: {}, example: undefined };
      const part = example === undefined ? schema : { ...schema, examples: [example] };
      return rule.metadata.each ? within(field.shape, part) : part;
    });
    if (field.isNested) parts.push(within(field.shape, this.nestedSchema(field.types)));
    const schema = merged(parts);
    return field.isOptional ? nullable(schema) : schema;
  }

  private nestedSchema(types: readonly DtoType[]): JsonSchema {
    const references = types.map((type) => ({ $ref: `${PREFIX}${this.nameOf(type)}` }));
    return references.length < 2 ? (references[0] ?? { type: 'object' }) : { anyOf: references };
  }

  private nameOf(type: DtoType): string {
    const known = this.names.get(type);
    if (known !== undefined) return known;
    const plain = type.name === '' ? 'Class' : type.name;
    let name = plain;
    for (let count = 2; this.taken.has(name); count++) name = `${plain}${String(count)}`;
    this.taken.add(name);
    this.names.set(type, name);
    return name;
  }
}

/** Adds what `@JSONSchema` of class-validator-jsonschema says of the class and its properties. */
function annotated(type: DtoType, fields: readonly DtoField[], own: JsonSchema): JsonSchema {
  const RULES = 'nestjs-event-tracking';
  const metadatas = fields.map(({ name, key }) => ({
    ...{ target: type, propertyName: name, type: RULES, each: false, groups: [] },
    constraints: [propertiesOf(own)[key]],
  }));
  const schemas = validationMetadataArrayToSchemas(metadatas as never, {
    refPointerPrefix: PREFIX,
    additionalConverters: { [RULES]: ({ constraints }) => constraints[0] as never },
  }) as unknown as Readonly<Record<string, JsonSchema>>;
  const [made = {}] = Object.values(schemas);
  const byName = propertiesOf(made);
  const keys = new Map(fields.map(({ name, key }) => [name, key]));
  const properties = Object.fromEntries(Object.entries(byName).map(([name, each]) => [keys.get(name) ?? name, each]));
  const { required: _, ...others } = made; // the library does not know what validation rejects
  return { ...others, properties, ...('required' in own && { required: own['required'] }) };
}

/** Wraps the schema of an item in the schema of its container. */
function within(shape: DtoShape, item: JsonSchema): JsonSchema {
  if (shape === 'object') return item;
  if (shape === 'map') return { type: 'object', additionalProperties: item };
  const list = { type: 'array', items: item };
  return shape === 'list' ? list : { anyOf: [item, list] };
}

/** Merges all schemas of a value into one. */
function merged(given: readonly JsonSchema[]): JsonSchema {
  const isNotEmpty = given.includes(NOT_EMPTY);
  const isUnique = given.includes(UNIQUE);
  const parts = given.map((part) => (part === UNIQUE ? { type: 'array' } : part));
  let schema = parts.filter((part) => part !== NOT_EMPTY && part !== NOT_NULL).reduce(both, {});
  if (isUnique && isSchema(schema['items']) && PRIMITIVES.has(String(schema['items']['type'])))
    schema = { ...schema, uniqueItems: true };
  if ('$ref' in schema && schema['type'] === 'object') schema = without(schema, 'type');
  const isTyped = 'type' in schema || '$ref' in schema;
  if (isNotEmpty && schema['type'] === 'string') return both(schema, { minLength: 1 });
  if (isTyped) return schema;
  if (isNotEmpty) return both(schema, NOT_EMPTY);
  return given.includes(NOT_NULL) ? both(schema, NOT_NULL) : schema;
}

const MOST = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']);
const LEAST = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems']);

/** Returns a schema for the values that both schemas accept. */
function both(one: JsonSchema, other: JsonSchema): JsonSchema {
  const made: Record<string, unknown> = { ...one };
  const apart: JsonSchema[] = [];
  for (const [key, value] of Object.entries(other)) {
    const own = made[key];
    if (own === undefined) made[key] = value;
    else if (JSON.stringify(own) === JSON.stringify(value)) continue;
    else if (MOST.has(key)) made[key] = Math.max(own as number, value as number);
    else if (LEAST.has(key)) made[key] = Math.min(own as number, value as number);
    else if (key === 'allOf') made[key] = [...(own as JsonSchema[]), ...(value as JsonSchema[])];
    else if (key === 'type' && isNumeric(own) && isNumeric(value)) made[key] = 'integer';
    else if (isSchema(own) && isSchema(value) && (key === 'items' || key === 'additionalProperties'))
      made[key] = both(own, value);
    else if (key !== 'examples') apart.push({ [key]: value });
  }
  return apart.length === 0 ? made : both(made, { allOf: apart });
}

function isNumeric(type: unknown): boolean {
  return type === 'integer' || type === 'number';
}

function without(schema: JsonSchema, key: string): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key));
}

/** Keywords that can also reject or allow null. */
const OF_ANY_TYPE = ['$ref', 'enum', 'const', 'not', 'allOf', 'anyOf'];

function nullable(schema: JsonSchema): JsonSchema {
  if (Object.keys(schema).length === 0) return schema;
  if (typeof schema['type'] !== 'string' || OF_ANY_TYPE.some((keyword) => keyword in schema))
    return { anyOf: [schema, { type: 'null' }] };
  return { ...schema, type: [schema['type'], 'null'] };
}
