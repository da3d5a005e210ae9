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

class Look {
  private nodes = 0;
  private textLength = 0;

  constructor(private readonly limits: WalkLimits) {}

  fits(value: unknown, depth: number): boolean {
    const { maxDepth, maxNodes } = this.limits;
    if (++this.nodes > maxNodes) return false;
    if (typeof value === 'string') return this.hasRoom(value);
    // JSON allows 1e999, which parses as Infinity
    if (typeof value === 'number') return Number.isFinite(value);
    if (typeof value !== 'object' || value === null || value instanceof Date) return true;
    if (depth >= maxDepth) return false;
    // Loops, because this runs for every event of a job and took twice as long with a function per
    // field.
    if (Array.isArray(value)) {
      for (const item of value) if (!this.fits(item, depth + 1)) return false;
      return true;
    }
    for (const key of Object.keys(value)) {
      if (!this.hasRoom(key) || !this.fits((value as EventFields)[key], depth + 1)) return false;
    }
    return true;
  }

  private hasRoom(text: string): boolean {
    return (this.textLength += text.length) <= this.limits.maxTextLength;
  }
}
