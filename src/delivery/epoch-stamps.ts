/** A difference between two clocks that drift, and are read one after the other, is no jump. */
const TOLERANCE_MS = 1000;
/** A clock that jumps all the time must not fill memory. */
const MAX_SPANS = 32;

/** While the system's clock did not jump: epoch time = monotonic time + offset. */
interface Span {
  /** Monotonic milliseconds. */
  readonly from: number;
  readonly offset: number;
}

/**
 * Epoch times for records on disk, which are read again in this process or in the next one, and the way back from them to the
 * monotonic clock. The system's clock may be set while records wait: by their epoch time they would be years old, or not born
 * yet. So each jump is remembered together with the times that were written before it.
 */
export class EpochStamps {
  private readonly spans: Span[] = [];

  /**
   * Epoch milliseconds of now.
   * @param now milliseconds of `performance.now()`
   */
  stamp(now: number): number {
    const epoch = Date.now();
    const offset = epoch - now;
    const last = this.spans.at(-1);
    if (last === undefined || Math.abs(offset - last.offset) > TOLERANCE_MS) {
      this.spans.push({ from: last === undefined ? -Infinity : now, offset });
      if (this.spans.length > MAX_SPANS) this.spans.shift();
    }
    return epoch;
  }

  /**
   * The monotonic time at which `stamp` gave this epoch time; the latest one, if the clock was set back and gave it twice.
   * @returns undefined for a time that was not given here
   */
  monotonicOf(epoch: number, now: number): number | undefined {
    for (let at = this.spans.length - 1; at >= 0; at--) {
      const { from, offset } = this.spans[at] as Span;
      const until = this.spans[at + 1]?.from ?? now;
      const time = epoch - offset;
      if (time >= from - TOLERANCE_MS && time <= until + TOLERANCE_MS) return Math.min(time, now);
    }
    return undefined;
  }
}

/**
 * How long ago an epoch time was by the system's clock, in milliseconds. 0 for a time to come: the clock was set back since, or
 * was ahead in the process that wrote it.
 */
export function ageSince(epoch: number): number {
  const ageMs = Date.now() - epoch;
  return ageMs > 0 ? ageMs : 0; // NaN too
}
