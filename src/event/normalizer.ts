import { copyNormalForm, setField } from './form-copies';
import { toNormalForm } from './normal-form';
import { LONGEST_UNIT, LONGEST_VALUE, PlainLook, plainText, type ListedKeys } from './plain-json';
import { cut } from '../common/printable';
import { ReplacedValues, UNHEARD, type OnReplaced, type ReplacedKind, type ReplacedListener } from './replaced-value';
import type { EventFields, StoredEvent, TrackingEvent } from './tracking-event';
import { isWithin } from './within-limits';
import type { ValueLimits, WalkLimits } from './value-limits';

/** Brings what applications hand over to the form in which it travels. Never throws. */
export class Normalizer {
  /** For what comes back from a processor: what was cut before, and the texts that say so, must not be cut again. */
  private readonly widerLimits: WalkLimits;
  /** What the last look has listed, for the walk that follows. */
  private listed: ListedKeys | undefined;

  constructor(
    private readonly limits: ValueLimits,
    private readonly replaced: ReplacedListener = UNHEARD,
  ) {
    const { maxDepth, maxNodes, maxTextLength } = limits;
    this.widerLimits = { maxDepth, maxNodes: 2 * maxNodes, maxTextLength: 2 * maxTextLength + 64 * maxNodes };
  }

  /**
   * The name under which an event continues: `unknown` for nothing and for an empty collection, the
   * text of whatever is not a string, and cut beyond `maxNameLength`, which is counted.
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

  /** Falsy data is {}, an empty array and a toJSON that gives nothing too; an array, text, number or true passes as it is. */
  data(eventName: string, data: unknown): unknown {
    if (isAbsent(data)) return {};
    return this.value(eventName, 'data', data) ?? {};
  }

  /** What a processor left of the data; it is as it was before if nothing is left that has a JSON form. */
  processedData(eventName: string, data: unknown, before: unknown): unknown {
    return orElse(this.value(eventName, 'data', data, this.widerLimits), before);
  }

  /**
   * The JSON text of `data(…)` or `processedData(…)`, if that can be told without making it. Where it cannot, the next call is
   * to make it.
   * @param maxLength what `maxPlainLength` has said; 0 where it was not asked
   */
  dataText(data: unknown, isProcessed: boolean, maxLength: number): string | undefined {
    if (!isProcessed && isAbsent(data)) return '{}';
    return plainText(data, maxLength > 0 ? maxLength : this.look(data, isProcessed ? this.widerLimits : this.limits));
  }

  /**
   * How long the JSON text of data can be, if it is an object that is its own normal form.
   * @returns 0 for everything else, and for some objects that are. Then the next call is to make the normal form
   */
  maxPlainLength(data: unknown): number {
    const length = this.look(data, this.limits);
    return length > 0 && isFields(data) ? length : 0; // in this order: of a revoked proxy nothing can be asked
  }

  /** A scope's values; undefined for what has no keys in normal form: an array, a promise, a Date. */
  context(place: string, values: unknown): EventFields | undefined {
    const form = this.value(place, 'context', values);
    return isFields(form) ? form : undefined;
  }

  /** Whether fields without objects in them are within the limits. @param textLength of names and texts */
  hasRoomFor({ count, textLength }: { readonly count: number; readonly textLength: number }): boolean {
    const { maxDepth, maxNodes, maxTextLength } = this.limits;
    return maxDepth > 0 && count < maxNodes && textLength <= maxTextLength;
  }

  /** Counts values that were replaced anywhere in an event, and logs it once for each event name. */
  reportReplaced(eventName: string, kind: ReplacedKind, count: number): void {
    for (let at = 0; at < count; at++) this.replaced.count(kind);
    this.replaced.report(eventName, kind, () => '**');
  }

  copy(event: TrackingEvent): TrackingEvent {
    return copyNormalForm(event);
  }

  /**
   * What a processor left of an event. A field it removed is as it was before, but for the name: an event that lost its
   * name is called `unknown`, like one that never had any. An `id` it added is not taken: the event keeps its own.
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
      if (key === 'id') continue; // it would stand in the line twice, and hide under which id the event is known elsewhere
      const value = this.value(known, key, added[key], this.widerLimits);
      if (value !== undefined) setField(event, key, value);
    }
    return event as unknown as TrackingEvent;
  }

  /** An event that was read from a queue, where others may write too; itself, where it is within the limits. */
  carried(event: StoredEvent): StoredEvent {
    if (this.isWithin(event)) return event;
    const { id, ...fields } = event;
    const { name, timestamp, ...rest } = this.processed(fields, { ...event, context: {}, data: {} });
    return { name, timestamp, id, ...rest };
  }

  private isWithin(event: object): boolean {
    for (const key of Object.keys(event)) if (!isWithin((event as EventFields)[key], this.widerLimits)) return false;
    return true;
  }

  /**
   * A part of an event that another program wrote, in normal form. What its own processors may have left in it
   * is allowed here too; a value that is plain JSON within the limits is returned as it is.
   * @throws Error if it exceeds a limit, which the message names
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

  /** Bytes of JSON that the data and context of a received event can have within the limits. */
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

/** Which limit is exceeded where a value is replaced; none for values that have no JSON form. */
const LIMITS: Readonly<Partial<Record<ReplacedKind, keyof WalkLimits>>> = {
  'too-deep': 'maxDepth',
  'too-many': 'maxNodes',
  'too-long': 'maxTextLength',
};

/** As `Normalizer.name`, without the limit. */
export function toEventName(name: unknown): string {
  if (typeof name === 'string') return name === '' ? UNKNOWN_NAME : name;
  if (isAbsent(name)) return UNKNOWN_NAME;
  const form = typeof name === 'number' ? String(name) : toNormalForm(name, NAME_LIMITS, () => undefined);
  if (form === undefined) return UNKNOWN_NAME; // a `toJSON` that gives nothing
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
    return false; // a revoked proxy: it is there, though it cannot be read
  }
}

/** null is a value; only what has no JSON at all, given or made by a toJSON, is none. */
function orElse(value: unknown, otherwise: unknown): unknown {
  return value === undefined ? otherwise : value;
}

/** Whether it has named fields; context and data can be a list or a text too, if a processor or a caller says so. */
export function isFields(value: unknown): value is EventFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
