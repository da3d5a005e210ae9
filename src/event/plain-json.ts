/**
 * An event that is only written needs no copy of its data, and the copy costs half as much as its text. So what is plain JSON
 * already, which is almost all that applications emit, is looked through once and written as it stands. Everything else is for
 * the normal form: there is one place that knows what becomes of a Map.
 *
 * What is written is read a second time for that, and a getter may then give something else. To find getters takes longer than
 * to write their values (docs/decisions/0108), so there is a bound instead: what was looked at has at most so many characters
 * as text. A text that is longer is thrown away, and the normal form reads the value once more, the only time that counts.
 */
import { types } from 'node:util';
import type { EventFields } from './tracking-event';
import type { WalkLimits } from './value-limits';

/** Cycles are found by their depth, so the look must be cheap to have been in vain: it covers events of some 20 kB. */
const MAX_DEPTH = 16;
const MAX_NODES = 1000;

/** In JSON, a UTF-16 unit takes six characters at most: `\u0000`. */
export const LONGEST_UNIT = 6;
/** And a value 25, or its brackets or quotes, with a comma, and the quotes and colon of its key. */
export const LONGEST_VALUE = 32;

/** Keys of large objects, in their order. To list the keys of an object takes longer than all else that is done with it. */
export type ListedKeys = ReadonlyMap<object, readonly string[]>;

/** Keys beyond those that can be written are counted up to this number. */
export const MAX_COUNTED_KEYS = 1000;

/**
 * The JSON text of a value that was found to be its own normal form.
 * @param maxLength of the text, by `PlainLook`; 0 if it was not found to be so
 * @returns undefined where the text is longer, or cannot be made
 */
export function plainText(value: unknown, maxLength: number): string | undefined {
  if (maxLength === 0) return undefined;
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined || text.length > maxLength ? undefined : text;
  } catch {
    return undefined; // a getter that throws: the normal form says so in its place
  }
}

/** The keys of the objects that are being looked at. One for all looks: to make one for each costs a tenth of a look. */
const trail: string[] = [];
let trailLength = 0;
/** What is left in the trail is kept until other keys take its place, so it must not be long. */
const MAX_KEPT_LENGTH = 2000;

/** One look through one value. */
export class PlainLook {
  /**
   * How long the JSON text of the value can be if it is its own normal form, has no Dates, and is small enough to be looked
   * through; else 0.
   */
  readonly maxLength: number;
  private nodes = 0;
  private textLength = 0;
  private readonly maxDepth: number;
  private readonly maxNodes: number;
  private readonly maxTextLength: number;
  private readonly maxListedKeys: number;
  private listedKeys: Map<object, readonly string[]> | undefined;

  constructor(value: unknown, { maxDepth, maxNodes, maxTextLength }: WalkLimits) {
    this.maxDepth = Math.min(maxDepth, MAX_DEPTH);
    this.maxNodes = Math.min(maxNodes, MAX_NODES);
    this.maxTextLength = maxTextLength;
    this.maxListedKeys = maxNodes + MAX_COUNTED_KEYS + 1;
    this.maxLength = this.look(value) ? this.textLength * LONGEST_UNIT + this.nodes * LONGEST_VALUE : 0;
  }

  /** Of the objects in which it gave up, since there was too much in them: the first keys of each, in their order. */
  get listed(): ListedKeys | undefined {
    return this.listedKeys;
  }

  private look(value: unknown): boolean {
    const start = trailLength; // a getter may emit, too
    try {
      return this.isPlain(value, 0);
    } catch {
      return false; // a getter that throws
    } finally {
      trailLength = start;
      if (this.textLength > MAX_KEPT_LENGTH) trail.length = start;
    }
  }

  /** Counts as the normal form does. */
  private isPlain(value: unknown, depth: number): boolean {
    if (++this.nodes > this.maxNodes) return false;
    switch (typeof value) {
      case 'string':
        return (this.textLength += value.length) <= this.maxTextLength;
      case 'number':
        return Number.isFinite(value);
      case 'boolean':
      case 'undefined':
        return true;
      case 'object':
        return value === null || (depth < this.maxDepth && this.isPlainObject(value, depth));
      default:
        return false;
    }
  }

  private isPlainObject(value: object, depth: number): boolean {
    // Of a proxy, each question is code of the application.
    if (types.isProxy(value) || typeof (value as EventFields)['toJSON'] === 'function') return false;
    if (Array.isArray(value)) return this.arePlain(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    return this.hasPlainFields(value as EventFields, depth);
  }

  private hasPlainFields(fields: EventFields, depth: number): boolean {
    const start = trailLength;
    let listed: string[] | undefined;
    // Not over Object.keys, a list of which is made each time: it took twice as long.
    for (const key in fields) {
      if (listed !== undefined) {
        if (listed.push(key) >= this.maxListedKeys) break;
        continue;
      }
      trail[trailLength++] = key;
      this.textLength += key.length;
      if (this.isPlain(fields[key], depth + 1)) continue;
      if (this.nodes <= this.maxNodes) return false;
      listed = trail.slice(start, trailLength);
    }
    trailLength = start;
    if (listed !== undefined) this.keep(fields, listed);
    return listed === undefined && this.textLength <= this.maxTextLength; // keys count too, and may be what reaches the limit
  }

  private keep(fields: object, listed: readonly string[]): void {
    const own = isPolluted() ? listed.filter((key) => Object.hasOwn(fields, key)) : listed;
    (this.listedKeys ??= new Map()).set(fields, own);
  }

  private arePlain(items: readonly unknown[], depth: number): boolean {
    for (let at = 0; at < items.length; at++) if (!this.isPlain(items[at], depth + 1)) return false;
    return true;
  }
}

/** Whether `for in` has keys that every object inherits. */
function isPolluted(): boolean {
  for (const _ in Object.prototype) return true;
  return false;
}
