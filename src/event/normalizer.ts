import { copyNormalForm, setField } from './form-copies';
import { toNormalForm } from './normal-form';
import { LONGEST_UNIT, LONGEST_VALUE, PlainLook, plainText, type ListedKeys } from './plain-json';
import { cut } from '../common/printable';
import { ReplacedValues, UNHEARD, type OnReplaced, type ReplacedKind, type ReplacedListener } from './replaced-value';
import type { EventFields, IdentifiedEvent, TrackingEvent } from './tracking-event';
import { isWithin } from './within-limits';
import type { ValueLimits, WalkLimits } from './value-limits';

/**
 * Brings names, contexts and data that applications pass in to normal form, within the limits.
 * Never throws, except `received`.
 */
export class Normalizer {
  /**
   * Limits for the results of processors. Values that were cut before, and the strings that
   * replaced others, must not be cut again.
   */
  private readonly widerLimits: WalkLimits;
  /** Keys that the last look listed, for the walk that follows it. */
  private listed: ListedKeys | undefined;

  constructor(
    private readonly limits: ValueLimits,
    private readonly replaced: ReplacedListener = UNHEARD,
  ) {
    const { maxDepth, maxNodes, maxTextLength } = limits;
    this.widerLimits = { maxDepth, maxNodes: 2 * maxNodes, maxTextLength: 2 * maxTextLength + 64 * maxNodes };
  }

  /**
   * The name under which an event continues: `unknown` for a falsy name and for an empty
   * collection, and the text of any other value that is not a string. A name longer than
   * `maxNameLength` is cut, and the cut is counted.
   */
  name(given: unknown): string {
    const name = toEventName(given);
    const { maxNameLength } = this.limits;
    if (name.length <= maxNameLength) return name;
    const shown = cut(name, maxNameLength);
    this.replaced.count('too-long');
    this.replaced.report(shown, 'too-long', () => 'name');
    return shown;
  }

  /**
   * The normal form of data. Falsy data, an empty array and a toJSON that returns nothing become
   * {}. Any other array, string or number, and true, keep their type.
   */
  data(eventName: string, data: unknown): unknown {
    if (isAbsent(data)) return {};
    return this.value(eventName, 'data', data) ?? {};
  }

  /**
   * The normal form of data that a processor returned; `before` if the returned data has no JSON
   * form.
   */
  processedData(eventName: string, data: unknown, before: unknown): unknown {
    return orElse(this.value(eventName, 'data', data, this.widerLimits), before);
  }

  /**
   * The JSON text of `data(…)` or `processedData(…)`, if it can be made without the normal form. If
   * this returns undefined, the next call must make the normal form.
   * @param maxLength result of `maxPlainLength`; 0 if it was not called
   */
  dataText(data: unknown, isProcessed: boolean, maxLength: number): string | undefined {
    if (!isProcessed && isAbsent(data)) return '{}';
    return plainText(data, maxLength > 0 ? maxLength : this.look(data, isProcessed ? this.widerLimits : this.limits));
  }

  /**
   * The upper bound of the length of data's JSON text, if data is an object that is already in
   * normal form.
   * @returns 0 for all other data, and for some objects in normal form; the next call must then
   * make the normal form
   */
  maxPlainLength(data: unknown): number {
    const length = this.look(data, this.limits);
    // in this order, because every operation on a revoked proxy throws
    return length > 0 && isFields(data) ? length : 0;
  }

  /**
   * The normal form of a scope's values; undefined for a value without keys in normal form: an
   * array, a promise, a Date.
   */
  context(place: string, values: unknown): EventFields | undefined {
    const form = this.value(place, 'context', values);
    return isFields(form) ? form : undefined;
  }

  /**
   * Returns true if fields that contain no objects are within the limits.
   * @param textLength characters of all names and strings
   */
  hasRoomFor({ count, textLength }: { readonly count: number; readonly textLength: number }): boolean {
    const { maxDepth, maxNodes, maxTextLength } = this.limits;
    return maxDepth > 0 && count < maxNodes && textLength <= maxTextLength;
  }

  /**
   * Counts values that were replaced anywhere in an event, and logs this once for each event name.
   */
  reportReplaced(eventName: string, kind: ReplacedKind, count: number): void {
    for (let at = 0; at < count; at++) this.replaced.count(kind);
    this.replaced.report(eventName, kind, () => '**');
  }

  copy(event: TrackingEvent): TrackingEvent {
    return copyNormalForm(event);
  }

  /**
   * The normal form of an event that a processor returned. A removed field keeps its value from
   * `before`, except the name: an event without a name is called `unknown`. An added `id` is
   * ignored, because the event keeps its own.
   */
  processed(result: object, before: TrackingEvent): TrackingEvent {
    const { name, timestamp, context, data, ...added } = result as Partial<TrackingEvent> & EventFields;
    const known = this.name(name);
    const event: EventFields = {
      name: known,
      timestamp: this.value(known, 'timestamp', timestamp, this.widerLimits) ?? before.timestamp,
      context: orElse(this.value(known, 'context', context, this.widerLimits), before.context),
      data: this.processedData(known, data, before.data),
    };
    for (const key of Object.keys(added)) {
      // it would be in the line twice, and hide the id under which the event is known elsewhere
      if (key === 'id') continue;
      const value = this.value(known, key, added[key], this.widerLimits);
      if (value !== undefined) setField(event, key, value);
    }
    return event as unknown as TrackingEvent;
  }

  /**
   * Checks an event that was read from a queue, to which other programs can write. Returns the same
   * object if it is within the limits.
   */
  carried(event: IdentifiedEvent): IdentifiedEvent {
    if (this.isWithin(event)) return event;
    const { id, ...fields } = event;
    const { name, timestamp, ...rest } = this.processed(fields, { ...event, context: {}, data: {} });
    return { name, timestamp, id, ...rest };
  }

  private isWithin(event: object): boolean {
    for (const key in event) if (!isWithin((event as EventFields)[key], this.widerLimits)) return false;
    return true;
  }

  /**
   * The normal form of a part of an event that another program wrote. The part may be as large as a
   * result of that program's own processors. A value that is plain JSON within the limits is
   * returned unchanged.
   * @throws Error if the part exceeds a limit; the message names the limit
   */
  received(eventName: string, part: string, value: unknown): unknown {
    const look = new PlainLook(value, this.limits);
    if (look.maxLength > 0) return value;
    const replaced = new ReplacedValues(this.replaced, eventName, part);
    const exceeded = new Set<string>();
    const onReplaced: OnReplaced = (kind, place) => {
      const limit = LIMITS[kind];
      if (limit === undefined) replaced.add(kind, place);
      else exceeded.add(limit);
    };
    const form = toNormalForm(value, this.widerLimits, onReplaced, look.listed);
    for (const limit of exceeded) throw new Error(`its ${part} exceeds limits.${limit}`);
    return form;
  }

  /**
   * Maximum bytes of JSON that the data and context of a received event can have within the limits.
   */
  get maxReceivedBytes(): number {
    const { maxTextLength, maxNodes } = this.widerLimits;
    return 2 * (maxTextLength * LONGEST_UNIT + maxNodes * LONGEST_VALUE);
  }

  private value(eventName: string, part: string, value: unknown, limits: WalkLimits = this.limits): unknown {
    const { listed } = this;
    this.listed = undefined;
    return toNormalForm(value, limits, new ReplacedValues(this.replaced, eventName, part).add, listed);
  }

  private look(value: unknown, limits: WalkLimits): number {
    const { maxLength, listed } = new PlainLook(value, limits);
    this.listed = listed;
    return maxLength;
  }
}

/** The limit that is exceeded when a value is replaced; none for values that have no JSON form. */
const LIMITS: Readonly<Partial<Record<ReplacedKind, keyof WalkLimits>>> = {
  'too-deep': 'maxDepth',
  'too-many': 'maxNodes',
  'too-long': 'maxTextLength',
};

/** The same as `Normalizer.name`, without the length limit. */
export function toEventName(name: unknown): string {
  if (typeof name === 'string') return name === '' ? UNKNOWN_NAME : name;
  if (isAbsent(name)) return UNKNOWN_NAME;
  const form = typeof name === 'number' ? String(name) : toNormalForm(name, NAME_LIMITS, () => undefined);
  if (form === undefined) return UNKNOWN_NAME; // a `toJSON` that returned nothing
  const text = typeof form === 'string' ? form : JSON.stringify(form);
  const isEmpty = text === '' || (typeof form === 'object' && (text === '{}' || text === '[]'));
  return isEmpty ? UNKNOWN_NAME : text;
}

const UNKNOWN_NAME = 'unknown';
const NAME_LIMITS: WalkLimits = { maxDepth: 4, maxNodes: 20, maxTextLength: 200 };

function isAbsent(value: unknown): boolean {
  try {
    return !value || (Array.isArray(value) && value.length === 0);
  } catch {
    return false; // a revoked proxy is a value, although it cannot be read
  }
}

/**
 * Returns `otherwise` only for undefined. null is a value; undefined is a value without a JSON
 * form.
 */
function orElse(value: unknown, otherwise: unknown): unknown {
  return value === undefined ? otherwise : value;
}

/**
 * Returns true if a value has named fields. A processor or a caller can set context and data to an
 * array or a string.
 */
export function isFields(value: unknown): value is EventFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
