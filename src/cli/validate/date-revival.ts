/**
 * Converts date strings of logged events to Dates where the schema requires it.
 * An event may contain a Date, which its log contains as a string. A schema that requires a Date
 * refuses that string, so every logged event of its kind would be invalid. JSON Schema cannot
 * distinguish the two, since both are `format: date-time`. So each place with that format is
 * tested: if the schema accepts a Date but not a string, the string becomes a Date before the event
 * is validated against its definition.
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

/** Places below one value at which the schema requires a Date. */
interface Places {
  isDate: boolean;
  readonly fields: Map<string, Places>;
  items: Places | undefined;
  others: Places | undefined;
}

type Path = readonly string[];
/** Returns the whole value, with another value at the tested place. */
type Wrap = (value: unknown) => unknown;

const TEXT = '2026-11-01T12:00:00.000Z';
const MAX_DEPTH = 12;

export class DateRevival {
  private constructor(private readonly root: Places) {}

  /**
   * Finds the places for Dates in a schema.
   * @returns undefined if the schema requires no Date, as nearly all schemas
   */
  static of(schema: ReadSchema | undefined): DateRevival | undefined {
    if (schema === undefined || !JSON.stringify(schema.json).includes('"date-time"')) return undefined;
    const root = new PlacesReader(schema).read();
    return root === undefined ? undefined : new DateRevival(root);
  }

  /**
   * Converts strings of a logged value to Dates, in place.
   * @returns true if any string was converted
   */
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
      // Defined, not assigned: in JSON, `__proto__` is an ordinary key.
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
  /** Places by schema. A recursive schema is tested once, where it occurs first. */
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

  /**
   * Returns true if only a Date is accepted at a place. Other places of the sample may be invalid,
   * which spoils the test in an alternative: so they are tried as Dates and as strings.
   */
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

/** Marks the tested place in a sample. */
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
