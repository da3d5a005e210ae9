/**
 * Creates values from the forms of a schema, in which references and parts (`allOf`) are resolved.
 * They follow limits, patterns and required fields, so that strict schemas accept them too.
 */
import { isSchema, propertiesOf, requiredOf, valuesOf, type JsonSchema } from '../../catalog/json-schema';
import { sampleOf } from '../../catalog/sample-value';
import { formTypes } from '../../catalog/words/field-type';
import { formsOf } from '../../catalog/words/schema-forms';
import { stringThatMatches } from './pattern-string';

const MAX_FORMS = 6;
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;

/** Returns values for each of the first forms: with all fields, then with the required ones. */
export function* typicalValues(root: JsonSchema): Generator {
  for (const { schema } of formsOf(root, root).slice(0, MAX_FORMS))
    for (const isFull of [true, false]) yield new Maker(root, isFull).value(schema, 0);
}

class Maker {
  constructor(
    private readonly root: JsonSchema,
    private readonly isFull: boolean,
  ) {}

  /** @param position makes items of a list differ */
  value(form: JsonSchema, depth: number, position = 0): unknown {
    const [example] = Array.isArray(form['examples']) ? (form['examples'] as unknown[]) : [];
    if (example !== undefined && position === 0) return example;
    const values = valuesOf(form);
    if (values !== undefined) return values[position % Math.max(values.length, 1)];
    switch (formTypes(form)[0]) {
      case 'object':
        return depth < MAX_DEPTH ? this.object(form, depth) : {};
      case 'array':
        return depth < MAX_DEPTH ? this.list(form, depth) : [];
      case 'integer':
      case 'number':
        return numberOf(form, position);
      case 'boolean':
        return position % 2 === 0;
      case 'null':
        return null;
      default:
        return textOf(form, position);
    }
  }

  private child(schema: unknown, depth: number, position = 0): unknown {
    const [form] = isSchema(schema) ? formsOf(schema, this.root) : [];
    return this.value(form?.schema ?? {}, depth + 1, position);
  }

  private object(form: JsonSchema, depth: number): object {
    const required = requiredOf(form);
    const properties = propertiesOf(form);
    const { additionalProperties, minProperties } = form;
    const names = Object.keys(properties).filter((name) => properties[name] !== false);
    const chosen = new Set([...names.filter((name) => this.isFull || required.includes(name)), ...required]);
    const entries = [...chosen].map((name) => [name, this.child(properties[name], depth)] as const);
    const missing = typeof minProperties === 'number' ? Math.min(minProperties, MAX_ITEMS) - entries.length : 0;
    const others = isSchema(additionalProperties) ? additionalProperties : {};
    const more = additionalProperties === false ? 0 : Math.max(missing, isSchema(additionalProperties) ? 1 : 0);
    for (let at = 0; at < more; at++) entries.push([this.key(form, at), this.child(others, depth, at)]);
    return Object.fromEntries(entries);
  }

  private key({ propertyNames }: JsonSchema, at: number): string {
    const name = isSchema(propertyNames) ? this.child({ type: 'string', ...propertyNames }, MAX_DEPTH, at) : undefined;
    return typeof name === 'string' ? name : `key${at === 0 ? '' : at + 1}`;
  }

  private list(form: JsonSchema, depth: number): unknown[] {
    const { prefixItems, items, contains, minItems, maxItems, minContains } = form;
    const tuple = Array.isArray(prefixItems) ? prefixItems.map((item) => this.child(item, depth)) : [];
    const wanted = isSchema(contains) ? (typeof minContains === 'number' ? minContains : 1) : 0;
    const found = Array.from({ length: Math.min(wanted, MAX_ITEMS) }, (_, at) => this.child(contains, depth, at));
    const most = typeof maxItems === 'number' ? maxItems : MAX_ITEMS;
    const least = typeof minItems === 'number' ? minItems : 0;
    const isOpen = items !== false && (isSchema(items) || least > tuple.length);
    const length = isOpen ? Math.min(Math.max(least, tuple.length + (tuple.length > 0 ? 0 : 1)), most, MAX_ITEMS) : 0;
    const all = [...tuple, ...found];
    for (let at = 0; all.length < length; at++) all.push(this.child(items, depth, at));
    return all.slice(0, most);
  }
}

function numberOf(form: JsonSchema, position: number): number {
  const { multipleOf, exclusiveMinimum: over, exclusiveMaximum: under } = form;
  const isWhole = formTypes(form)[0] === 'integer';
  const step = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : isWhole ? 1 : undefined;
  const low = limit(over, form['minimum'], Math.max);
  const high = limit(under, form['maximum'], Math.min);
  if (step !== undefined) {
    const first = low === undefined ? (high === undefined ? 1 : Math.floor(high / step)) : Math.ceil(low / step);
    const from = first * step === over ? first + 1 : first;
    const start = low === undefined && high !== undefined && from * step === under ? from - 1 : from;
    return (start + (high === undefined || (start + position) * step < high ? position : 0)) * step;
  }
  if (low !== undefined && high !== undefined) return low + (high - low) / (2 + position);
  return low === undefined ? (high ?? 2) - 1 - position : low + 1 + position;
}

/** Libraries write the largest safe integers for missing limits. */
function limit(one: unknown, other: unknown, pick: (...all: number[]) => number): number | undefined {
  const all = [one, other].filter((each) => typeof each === 'number' && Math.abs(each) < 1e12) as number[];
  return all.length === 0 ? undefined : pick(...all);
}

function textOf(form: JsonSchema, position: number): string {
  const { pattern, minLength, maxLength } = form;
  const least = typeof minLength === 'number' ? minLength : 0;
  const most = typeof maxLength === 'number' ? maxLength : Infinity;
  const plain = String(sampleOf({ ...form, type: 'string' }));
  if (typeof pattern === 'string') return stringThatMatches(pattern, { least, most, position }) ?? plain;
  const text = position === 0 || typeof form['format'] === 'string' ? plain : `${plain}${position + 1}`;
  return text.slice(0, most);
}
