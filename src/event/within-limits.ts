import type { EventFields } from './tracking-event';
import type { WalkLimits } from './value-limits';

/**
 * True for a value parsed from JSON, with Dates or without, that is its own normal form within `limits`. It looks no deeper
 * than they allow: a parser reads values that are nested deeper than any code can follow by calling itself.
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
    if (typeof value === 'number') return Number.isFinite(value); // JSON has 1e999
    if (typeof value !== 'object' || value === null || value instanceof Date) return true;
    if (depth >= maxDepth) return false;
    // Loops, as this is done for every event of a job: with a function for each field it took twice as long.
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
