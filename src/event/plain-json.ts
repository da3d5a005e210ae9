/**
 * An event that is only written needs no copy of its data, and the copy costs half as much as its text. So what is plain JSON
 * already, which is almost all that applications emit, is looked through once and written as it stands. Everything else is for
 * the normal form: there is one place that knows what becomes of a Map.
 */
import type { EventFields } from './tracking-event';
import type { WalkLimits } from './value-limits';

/** Cycles are found by their depth, so the look must be cheap to have been in vain: it covers events of some 20 kB. */
const MAX_DEPTH = 16;
const MAX_NODES = 1000;

/**
 * The JSON text of a value that is its own normal form.
 * @returns undefined if its normal form is another value, if it has Dates, or if it is too large to be looked through
 */
export function writePlainJson(value: unknown, limits: WalkLimits): string | undefined {
  return isPlainJson(value, limits) ? plainText(value) : undefined;
}

/** The JSON text of a value that `isPlainJson`. @returns undefined where it cannot be read any more */
export function plainText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a getter or a proxy that throws: the normal form says so in its place
  }
}

/** Whether a value is its own normal form, has no Dates, and is small enough to be looked through. */
export function isPlainJson(value: unknown, limits: WalkLimits): boolean {
  try {
    return new PlainLook(limits).isPlain(value, 0);
  } catch {
    return false; // as above
  }
}

class PlainLook {
  private nodes = 0;
  private textLength = 0;
  private readonly maxDepth: number;
  private readonly maxNodes: number;
  private readonly maxTextLength: number;

  constructor({ maxDepth, maxNodes, maxTextLength }: WalkLimits) {
    this.maxDepth = Math.min(maxDepth, MAX_DEPTH);
    this.maxNodes = Math.min(maxNodes, MAX_NODES);
    this.maxTextLength = maxTextLength;
  }

  /** Counts as the normal form does. */
  isPlain(value: unknown, depth: number): boolean {
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
    if (typeof (value as EventFields)['toJSON'] === 'function') return false;
    if (Array.isArray(value)) return this.arePlain(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    // Not over Object.keys, a list of which is made each time: it took twice as long.
    for (const key in value) {
      this.textLength += key.length;
      if (!this.isPlain((value as EventFields)[key], depth + 1)) return false;
    }
    return this.textLength <= this.maxTextLength; // keys count too, and may be what reaches the limit
  }

  private arePlain(items: readonly unknown[], depth: number): boolean {
    for (let at = 0; at < items.length; at++) if (!this.isPlain(items[at], depth + 1)) return false;
    return true;
  }
}
