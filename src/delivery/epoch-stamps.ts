/**
 * Maximum difference that is not a jump, because the two clocks drift and are read one after the
 * other.
 */
const TOLERANCE_MS = 1000;
/**
 * Maximum number of remembered periods, so that a clock that jumps all the time does not fill
 * memory.
 */
const MAX_SPANS = 32;

/** A period without a jump of the system clock: epoch time = monotonic time + offset. */
interface Span {
  /** Start of the period, in monotonic milliseconds. */
  readonly from: number;
  readonly offset: number;
}

/**
 * Converts monotonic times to epoch times for records on disk, and back.
 *
 * Records are read by this process or by the next one. The system clock may be set while they wait:
 * their epoch time would then make them years old, or be in the future. Each jump is therefore
 * remembered together with the times that were written before it.
 */
export class EpochStamps {
  private readonly spans: Span[] = [];

  /**
   * The current time in epoch milliseconds.
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
   * Returns the monotonic time at which `stamp` returned this epoch time; the latest one, if the
   * clock was set back and `stamp` returned it twice.
   * @returns monotonic milliseconds; undefined for a time that this object did not return
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
 * Age of an epoch time by the system clock, in milliseconds. 0 for a time in the future: the clock
 * was set back since, or was ahead in the process that wrote the time.
 */
export function ageSince(epoch: number): number {
  const ageMs = Date.now() - epoch;
  return ageMs > 0 ? ageMs : 0; // also 0 for NaN
}
