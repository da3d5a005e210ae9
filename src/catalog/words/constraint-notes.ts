/** Describes the constraints of a schema in words, except its type and its fields. */
import { isSchema, propertiesOf, requiredOf, resolveRef, valuesOf, type JsonSchema } from '../json-schema';
import { ANYTHING, typeText } from './field-type';
import { otherKeywords, SILENT_WORDS } from './keyword-notes';
import { counted, looseLimits } from './limits';
import { formsOf } from './schema-forms';

const MAX_JSON = 400;
const MAX_DEPTH = 4;

/**
 * Returns the notes for a schema.
 * @param root schema in which references are resolved
 */
export function constraintNotes(schema: JsonSchema, root: JsonSchema): readonly string[] {
  const words = new ConstraintWords(root);
  return [...words.ofObject(schema), ...words.ofList(schema), ...words.ofAny(schema), ...otherKeywords(schema)];
}

class ConstraintWords {
  constructor(private readonly root: JsonSchema) {}

  ofObject(schema: JsonSchema): readonly string[] {
    const { propertyNames, minProperties: least, maxProperties: most } = schema;
    const patterns = isSchema(schema['patternProperties']) ? Object.entries(schema['patternProperties']) : [];
    const forbidden = Object.entries(propertiesOf(schema)).filter(([, property]) => property === false);
    return [
      ...forbidden.map(([name]) => `no ${name}`),
      ...patterns.map(([pattern, value]) => `fields that match ${pattern}: ${this.valueText(value)}`),
      ...this.others(schema, patterns.length > 0),
      ...(isSchema(propertyNames) && this.type(propertyNames) !== 'string'
        ? [`field names: ${this.text({ type: 'string', ...propertyNames })}`]
        : []),
      ...(typeof least === 'number' && least > 0 ? [`at least ${counted(least, 'field')}`] : []),
      ...(typeof most === 'number' ? [`at most ${counted(most, 'field')}`] : []),
      ...this.dependents(schema),
    ];
  }

  ofList(schema: JsonSchema): readonly string[] {
    const { contains, minContains, maxContains, uniqueItems } = schema;
    const least = typeof minContains === 'number' ? minContains : 1;
    const amount =
      typeof maxContains === 'number' ? `${least} to ${maxContains} items` : `at least ${counted(least, 'item')}`;
    return [
      ...(contains !== undefined && (least > 0 || typeof maxContains === 'number')
        ? [`${amount} of: ${this.valueText(contains)}`]
        : []),
      ...(uniqueItems === true ? ['unique items'] : []),
      ...this.otherItems(schema),
    ];
  }

  /** Describes the items after those of a tuple. */
  private otherItems({ prefixItems, items, unevaluatedItems, maxItems }: JsonSchema): string[] {
    const isTuple = Array.isArray(prefixItems) && prefixItems.length > 0;
    const others = items ?? unevaluatedItems;
    // the type contains the number of items
    if (isTuple && others === false && maxItems === prefixItems.length) return [];
    if (others === false) return [isTuple ? 'no other items' : 'no items'];
    // without a tuple, the type contains it
    if (!isSchema(others) || (items !== undefined && !isTuple)) return [];
    return [`${isTuple ? 'other items' : 'items'}: ${this.text(others)}`];
  }

  ofAny(schema: JsonSchema): readonly string[] {
    const { not, if: condition, then, else: otherwise, contentSchema } = schema;
    const rule = [
      ...(then === undefined ? [] : [this.valueText(then)]),
      ...(otherwise === undefined ? [] : [`else ${this.valueText(otherwise)}`]),
    ];
    return [
      ...(contentSchema === undefined ? [] : [`content: ${this.valueText(contentSchema)}`]),
      ...(not === undefined ? [] : [`not: ${this.valueText(not)}`]),
      ...(condition === undefined || rule.length === 0 ? [] : [`if ${this.valueText(condition)}: ${rule.join('; ')}`]),
    ];
  }

  /** Describes the fields that are not listed. */
  private others(
    { properties, additionalProperties, unevaluatedProperties }: JsonSchema,
    hasPatterns: boolean,
  ): string[] {
    const others = additionalProperties ?? unevaluatedProperties;
    if (others === false) return ['no other fields'];
    // for a map, the type contains it
    const isMap = properties === undefined && !hasPatterns && isSchema(additionalProperties);
    if (others === undefined || isMap) return [];
    if (others === true && properties === undefined && !hasPatterns) return [];
    const text = this.valueText(others);
    return [text === ANYTHING ? 'other fields are allowed' : `other fields: ${text}`];
  }

  private dependents({ dependentRequired, dependentSchemas }: JsonSchema): string[] {
    const names = isSchema(dependentRequired) ? Object.entries(dependentRequired) : [];
    const schemas = isSchema(dependentSchemas) ? Object.entries(dependentSchemas) : [];
    return [
      ...names.flatMap(([name, required]) =>
        Array.isArray(required) && required.length > 0 ? [`with ${name}: requires ${required.join(', ')}`] : [],
      ),
      ...schemas.map(([name, schema]) => `with ${name}: ${this.valueText(schema)}`),
    ];
  }

  private valueText(schema: unknown): string {
    if (schema === false) return 'nothing';
    return isSchema(schema) ? this.text(schema) : ANYTHING;
  }

  /** Describes a schema in a few words if possible; otherwise returns the schema itself. */
  private text(given: JsonSchema): string {
    const schema = resolveRef(given, this.root);
    const words = constraintsIn(schema);
    if (words.length === 0) return ANYTHING;
    if (words.every((word) => FIELD_WORDS.has(word)) && ('properties' in schema || 'required' in schema))
      return this.fields(schema);
    return this.isTyped(schema) ? this.type(schema) : json(schema);
  }

  /** Returns true if the text of a type says all that the schema does. */
  private isTyped(given: JsonSchema, depth = 0): boolean {
    const schema = resolveRef(given, this.root);
    const { items, anyOf, oneOf } = schema;
    const inside = [items, anyOf, oneOf].flat().filter((each) => each !== undefined);
    return (
      depth < MAX_DEPTH &&
      constraintsIn(schema).every((word) => TYPE_WORDS.has(word)) &&
      looseLimits(schema).length === 0 &&
      !(anyOf !== undefined && oneOf !== undefined) &&
      inside.every((each) => isSchema(each) && this.isTyped(each, depth + 1))
    );
  }

  private fields(schema: JsonSchema): string {
    const properties = propertiesOf(schema);
    const required = requiredOf(schema).filter((name) => !(name in properties));
    return [
      ...Object.entries(properties).map(([name, property]) => this.field(name, property)),
      ...(required.length > 0 ? [`requires ${required.join(', ')}`] : []),
    ].join(' and ');
  }

  private field(name: string, property: unknown): string {
    if (property === false) return `no ${name}`;
    const values = isSchema(property) ? valuesOf(resolveRef(property, this.root)) : undefined;
    if (values === undefined) return `${name} is ${this.valueText(property)}`;
    return `${name} is ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
  }

  private type(schema: JsonSchema): string {
    return typeText(formsOf(schema, this.root), this.root);
  }
}

const FIELD_WORDS = new Set(['type', 'properties', 'required']);
/** Keywords that the text of a type covers. */
const TYPE_WORDS = new Set([
  ...['type', 'enum', 'const', 'format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum'],
  ...['exclusiveMaximum', 'multipleOf', 'items', 'minItems', 'maxItems', 'anyOf', 'oneOf'],
]);

function constraintsIn(schema: JsonSchema): readonly string[] {
  return Object.keys(schema).filter((word) => !SILENT_WORDS.has(word));
}

function json(schema: JsonSchema): string {
  const { $defs: _, definitions: __, ...rest } = schema;
  const text = JSON.stringify(rest);
  return text.length > MAX_JSON ? `${text.slice(0, MAX_JSON - 1)}…` : text;
}
