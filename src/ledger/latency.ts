/** Upper bounds of the buckets in milliseconds. Each is about 1.6 times the previous one. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 320, 500, 800, 1250, 2000, 3200, 5000, 8000, 12_500, 20_000, 32_000,
  60_000, 120_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000,
];

export interface LatencyCounts {
  readonly count: number;
  readonly sumMs: number;
  /**
   * Upper bound of the bucket that contains the median, at most `maxMs`; 0 if there are no values.
   */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /**
   * Number of values that were at most `upToMs` and above the previous bound. Empty buckets are
   * omitted.
   */
  readonly buckets: readonly { readonly upToMs: number; readonly count: number }[];
}

/** Histogram of durations in memory of a fixed size. */
export class Latency {
  private readonly counts = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  private count = 0;
  private sumMs = 0;
  private maxMs = 0;

  add(ms: number, times = 1): void {
    let at = 0;
    while (at < LATENCY_BOUNDS_MS.length && ms > (LATENCY_BOUNDS_MS[at] as number)) at++;
    this.counts[at] = (this.counts[at] as number) + times;
    this.count += times;
    this.sumMs += ms * times;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  read(): LatencyCounts {
    const buckets = this.counts.flatMap((count, at) =>
      count === 0 ? [] : [{ upToMs: LATENCY_BOUNDS_MS[at] ?? Infinity, count }],
    );
    const { count, sumMs, maxMs } = this;
    return { count, sumMs, p50Ms: this.quantile(0.5), p99Ms: this.quantile(0.99), maxMs, buckets };
  }

  private quantile(share: number): number {
    let left = Math.ceil(this.count * share);
    if (left === 0) return 0;
    for (let at = 0; at < this.counts.length; at++) {
      left -= this.counts[at] as number;
      if (left <= 0) return Math.min(LATENCY_BOUNDS_MS[at] ?? Infinity, this.maxMs);
    }
    return this.maxMs;
  }
}
