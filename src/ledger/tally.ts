import type { KnownDropReason } from './reasons';

/** Counters by name. */
export class Tally {
  private readonly byName = new Map<string, number>();

  add(name: string, count = 1): void {
    this.byName.set(name, (this.byName.get(name) ?? 0) + count);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.byName);
  }
}

/**
 * Adds the events dropped as 'emit-failed', which are counted separately, to the drops by reason.
 */
export function withOverflowed(dropped: Record<string, number>, overflowed: number): Record<string, number> {
  const reason: KnownDropReason = 'emit-failed';
  return overflowed === 0 ? dropped : { ...dropped, [reason]: (dropped[reason] ?? 0) + overflowed };
}
