/**
 * Finds values that are already plain JSON, so that they can be written without a copy.
 *
 * An event that is only written needs no copy of its data, and the copy costs half as much as the
 * JSON text. Almost all data that applications emit is plain JSON already. It is checked once
 * ("looked at") and written unchanged. All other data goes through the normal form, the only place
 * that knows how to convert a Map, for example.
 *
 * Writing reads the value a second time, and a getter may then return something else. Detecting
 * getters takes longer than writing their values (docs/decisions/0108). The text is bounded
 * instead: the checked values limit its length. A longer text is dropped, and the normal form reads
 * the value again; only that read counts.
 */
import { types } from 'node:util';
import { isPolluted } from './form-copies';
import type { EventFields } from './tracking-event';
import type { WalkLimits } from './value-limits';

/**
 * A cycle is found when it reaches the maximum depth, so a failed look must be cheap. These limits
 * cover events of about 20 kB.
 */
const MAX_DEPTH = 16;
const MAX_NODES = 1000;

/** Maximum characters of a UTF-16 unit in JSON: `\u0000` has six. */
export const LONGEST_UNIT = 6;
/**
 * Maximum characters of a value in JSON: 25 for the value, or its brackets or quotes, plus a comma
 * and the quotes and colon of its key.
 */
export const LONGEST_VALUE = 32;

/**
 * Keys of large objects, in their order. Listing the keys of an object takes longer than all other
 * work on it.
 */
export type ListedKeys = ReadonlyMap<object, readonly string[]>;

/** Keys beyond those that can be written are counted up to this number. */
export const MAX_COUNTED_KEYS = 1000;

/**
 * Returns the JSON text of a value that is its own normal form.
 * @param maxLength maximum length of the text, from `PlainLook`; 0 if the value is not its own
 * normal form
 * @returns undefined if the text is longer, or cannot be made
 */
export function plainText(value: unknown, maxLength: number): string | undefined {
  if (maxLength === 0) return undefined;
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined || text.length > maxLength ? undefined : text;
  } catch {
    return undefined; // a getter threw: the normal form replaces the value
  }
}

/**
 * The keys of the objects that are being looked at. All looks share one list: a list for each look
 * costs a tenth of the look.
 */
const trail: string[] = [];
let trailLength = 0;
/**
 * Maximum characters of a look whose keys may remain in the trail. The trail keeps them in memory
 * until other keys overwrite them.
 */
const MAX_KEPT_LENGTH = 2000;

/** One look through one value. It finds out whether the value is its own normal form. */
export class PlainLook {
  /**
   * Maximum length of the value's JSON text, if the value is its own normal form, has no Dates and
   * is small enough to be looked through; else 0.
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

  /**
   * The first keys, in order, of each object in which the look stopped because there were too many
   * values.
   */
  get listed(): ListedKeys | undefined {
    return this.listedKeys;
  }

  private look(value: unknown): boolean {
    const start = trailLength; // a getter may call emit, which starts another look
    try {
      return this.isPlain(value, 0);
    } catch {
      return false; // a getter threw
    } finally {
      trailLength = start;
      if (this.textLength > MAX_KEPT_LENGTH) trail.length = start;
    }
  }

  /** Checks one value and counts it in the same way as the normal form. */
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
    // Every operation on a proxy runs code of the application.
    if (types.isProxy(value) || typeof (value as EventFields)['toJSON'] === 'function') return false;
    if (Array.isArray(value)) return this.arePlain(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    return this.hasPlainFields(value as EventFields, depth);
  }

  private hasPlainFields(fields: EventFields, depth: number): boolean {
    const start = trailLength;
    let listed: string[] | undefined;
    // Object.keys makes a list each time and took twice as long.
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
    // keys count too, and may exceed the limit
    return listed === undefined && this.textLength <= this.maxTextLength;
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
