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
    if (Array.isArray(value)) return value.every((item) => this.fits(item, depth + 1));
    return Object.entries(value).every(([key, field]) => this.hasRoom(key) && this.fits(field, depth + 1));
  }

  private hasRoom(text: string): boolean {
    return (this.textLength += text.length) <= this.limits.maxTextLength;
  }
}
