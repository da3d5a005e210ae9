/**
 * An event may hold a Date, and its log has the text. A schema that wants a Date refuses that text, so every logged event of its
 * kind would look wrong; and JSON Schema cannot say which is meant, since both are written `format: date-time`. So each place of
 * that format is tried: where the schema takes a Date and not the text, the text of a log becomes a Date before the event is
 * held against its definition.
 */
import type { ReadSchema } from '../../catalog/event-schema';
import {
  alternativesOf,
  isSchema,
  jsonTypeOf,
  propertiesOf,
  resolveRef,
  type JsonSchema,
} from '../../catalog/json-schema';
import { sampleOf } from '../../catalog/sample-value';
import { isPromise } from '../../routing/processor-step';
import { isDateTime } from '../date-time';

/** Places below one value at which a Date is meant. */
interface Places {
  isDate: boolean;
  readonly fields: Map<string, Places>;
  items: Places | undefined;
  others: Places | undefined;
}

type Path = readonly string[];
/** The whole value, with another in the place that is looked at. */
type Wrap = (value: unknown) => unknown;

const TEXT = '2026-11-01T12:00:00.000Z';
const MAX_DEPTH = 12;

export class DateRevival {
  private constructor(private readonly root: Places) {}

  /** @returns undefined if the schema means a Date nowhere, as nearly all do */
  static of(schema: ReadSchema | undefined): DateRevival | undefined {
    if (schema === undefined || !JSON.stringify(schema.json).includes('"date-time"')) return undefined;
    const root = new PlacesReader(schema).read();
    return root === undefined ? undefined : new DateRevival(root);
  }

  /** Puts Dates into a value that was read from a log. Changes it. @returns whether there was any place for one */
  revive(value: unknown): boolean {
    return revive(value, this.root);
  }
}

function revive(value: unknown, places: Places): boolean {
  if (typeof value !== 'object' || value === null) return false;
  let isAny = false;
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const below = Array.isArray(value) ? places.items : (places.fields.get(key) ?? places.others);
    if (below === undefined) continue;
    const field = fields[key];
    if (!below.isDate || typeof field !== 'string') isAny = revive(field, below) || isAny;
    else if (isDateTime(field)) {
      // Defined, not set: `__proto__` is a key like others in JSON.
      Object.defineProperty(fields, key, {
        value: new Date(field),
        enumerable: true,
        writable: true,
        configurable: true,
      });
      isAny = true;
    }
  }
  return isAny;
}

class PlacesReader {
  /** A schema may hold itself: it is tried once, where it is met first. */
  private readonly known = new Map<JsonSchema, Places>();

  constructor(private readonly schema: ReadSchema) {}

  read(): Places | undefined {
    const root = this.placesOf(this.schema.json, [], (value) => value, 0);
    return this.meansDates(root, new Set()) ? root : undefined;
  }

  private placesOf(given: JsonSchema, path: Path, wrap: Wrap, depth: number): Places {
    const schema = resolveRef(given, this.schema.json);
    const seen = this.known.get(schema);
    if (seen !== undefined) return seen;
    const [only, ...more] = alternativesOf(schema).filter(({ type }) => type !== 'null');
    if (only !== undefined && more.length === 0 && depth < MAX_DEPTH) return this.placesOf(only, path, wrap, depth + 1);
    const places: Places = { isDate: false, fields: new Map(), items: undefined, others: undefined };
    this.known.set(schema, places);
    if (depth < MAX_DEPTH) this.fill(places, schema, path, wrap, depth);
    return places;
  }

  private fill(places: Places, schema: JsonSchema, path: Path, wrap: Wrap, depth: number): void {
    if (schema['format'] === 'date-time') places.isDate = this.takesOnlyDate(path, wrap);
    const { allOf, items, prefixItems, additionalProperties, propertyNames } = schema;
    const parts = [...alternativesOf(schema), ...(Array.isArray(allOf) ? allOf.filter(isSchema) : [])];
    for (const part of parts) merge(places, this.placesOf(part, path, wrap, depth + 1));
    const sample = sampleOf(schema, this.schema.json);
    const object = jsonTypeOf(sample) === 'object' ? (sample as object) : {};
    for (const [key, property] of Object.entries(propertiesOf(schema))) {
      if (!isSchema(property)) continue;
      const wrapField: Wrap = (value) => wrap({ ...object, [key]: value });
      enter(places.fields, key, this.placesOf(property, [...path, key], wrapField, depth + 1));
    }
    for (const item of [...(Array.isArray(prefixItems) ? (prefixItems as unknown[]) : []), items].filter(isSchema)) {
      const read = this.placesOf(item, [...path, '0'], (value) => wrap([value]), depth + 1);
      places.items = places.items === undefined ? read : merged(places.items, read);
    }
    if (isSchema(additionalProperties)) {
      const name = isSchema(propertyNames) ? sampleOf(propertyNames, this.schema.json) : 'key';
      const key = typeof name === 'string' ? name : 'key';
      const wrapField: Wrap = (value) => wrap({ ...object, [key]: value });
      places.others = this.placesOf(additionalProperties, [...path, key], wrapField, depth + 1);
    }
  }

  /** Other places of the sample may be wrong, and in an alternative they spoil this one: so dates and texts are tried there. */
  private takesOnlyDate(path: Path, wrap: Wrap): boolean {
    return [false, true].some((areOthersDates) => {
      const others = areOthersDates ? withDates : (value: unknown) => value;
      return (
        !this.takes(others(wrap(UNDECIDED)), TEXT, path) && this.takes(others(wrap(UNDECIDED)), new Date(TEXT), path)
      );
    });
  }

  private takes(sample: unknown, value: unknown, path: Path): boolean {
    try {
      const answer = this.schema.validate(replace(sample, value));
      if (isPromise(answer)) return true;
      return !answer.issues?.some((issue) => {
        const at = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
        return at.every((key, depth) => depth >= path.length || key === path[depth]);
      });
    } catch {
      return false;
    }
  }

  private meansDates(places: Places, seen: Set<Places>): boolean {
    if (places.isDate) return true;
    if (seen.has(places)) return false;
    seen.add(places);
    const below = [...places.fields.values(), places.items, places.others];
    return below.some((each) => each !== undefined && this.meansDates(each, seen));
  }
}

/** Stands in a sample where a value is tried. */
const UNDECIDED = Symbol('undecided');

function replace(sample: unknown, value: unknown): unknown {
  return mapLeaves(sample, (leaf) => (leaf === UNDECIDED ? value : leaf));
}

function withDates(sample: unknown): unknown {
  return mapLeaves(sample, (leaf) => (leaf === TEXT ? new Date(TEXT) : leaf));
}

function mapLeaves(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, change));
  if (!isSchema(value) || value instanceof Date) return change(value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapLeaves(each, change)]));
}

function merge(into: Places, from: Places): void {
  if (from === into) return;
  into.isDate ||= from.isDate;
  for (const [key, places] of from.fields) enter(into.fields, key, places);
  if (from.items !== undefined) into.items = into.items === undefined ? from.items : merged(into.items, from.items);
  if (from.others !== undefined)
    into.others = into.others === undefined ? from.others : merged(into.others, from.others);
}

function merged(one: Places, other: Places): Places {
  if (one === other) return one;
  const both: Places = { isDate: false, fields: new Map(), items: undefined, others: undefined };
  merge(both, one);
  merge(both, other);
  return both;
}

function enter(fields: Map<string, Places>, key: string, places: Places): void {
  const known = fields.get(key);
  fields.set(key, known === undefined ? places : merged(known, places));
}
