const MAX_COUNTERS = 20_000;
const MAX_UNITS = 16_000_000;

/**
 * Counts names in bounded memory, since a log can have as many names as lines. Above the limit, the
 * rarer half is forgotten. A name that is more frequent than these is never lost. The count of a
 * forgotten name starts again at 0.
 */
export class NameCounts {
  private counts = new Map<string, number>();
  private units = 0;

  constructor(
    private readonly maxCounters = MAX_COUNTERS,
    private readonly maxUnits = MAX_UNITS,
  ) {}

  add(name: string): void {
    const count = this.counts.get(name);
    this.counts.set(name, (count ?? 0) + 1);
    if (count !== undefined) return;
    this.units += name.length;
    if (this.counts.size > this.maxCounters || this.units > this.maxUnits) this.forgetRare();
  }

  all(): { readonly name: string; readonly count: number }[] {
    return [...this.counts].map(([name, count]) => ({ name, count }));
  }

  private forgetRare(): void {
    const sorted = [...this.counts].sort(([, one], [, other]) => other - one);
    this.counts = new Map(sorted.slice(0, Math.floor(sorted.length / 2)));
    this.units = [...this.counts.keys()].reduce((sum, { length }) => sum + length, 0);
  }
}
