import type { EventFields } from './tracking-event';
import type { WalkLimits } from './value-limits';

/**
 * Returns true for a value parsed from JSON, with or without Dates, that is its own normal form
 * within `limits`. It looks no deeper than the limits allow: a parser can return values too deep
 * for recursive code.
 */
export function isWithin(value: unknown, limits: WalkLimits): boolean {
  return new Look(limits).fits(value, 0);
}

/**
 * Loops over fields and items, with the checks of primitive values in place: this runs for every
 * event of a job, and took twice as long with a function for each value.
 */
class Look {
  private nodes = 0;
  private textLength = 0;
  private readonly maxDepth: number;
  private readonly maxNodes: number;
  private readonly maxTextLength: number;

  constructor({ maxDepth, maxNodes, maxTextLength }: WalkLimits) {
    this.maxDepth = maxDepth;
    this.maxNodes = maxNodes;
    this.maxTextLength = maxTextLength;
  }

  fits(value: unknown, depth: number): boolean {
    if (++this.nodes > this.maxNodes) return false;
    if (typeof value === 'string') return (this.textLength += value.length) <= this.maxTextLength;
    // JSON allows 1e999, which parses as Infinity
    if (typeof value === 'number') return Number.isFinite(value);
    if (typeof value !== 'object' || value === null || value instanceof Date) return true;
    if (depth >= this.maxDepth) return false;
    return Array.isArray(value) ? this.areFitting(value, depth + 1) : this.hasFitting(value as EventFields, depth + 1);
  }

  private areFitting(items: readonly unknown[], depth: number): boolean {
    for (let at = 0; at < items.length; at++) if (!this.fits(items[at], depth)) return false;
    return true;
  }

  private hasFitting(fields: EventFields, depth: number): boolean {
    // Object.keys makes a list each time.
    for (const key in fields) {
      const value = fields[key];
      this.textLength += key.length;
      if (typeof value === 'string') {
        this.nodes++;
        this.textLength += value.length;
      } else if (!this.fits(value, depth)) return false;
    }
    return this.nodes <= this.maxNodes && this.textLength <= this.maxTextLength;
  }
}
