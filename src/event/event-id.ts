/**
 * Creates the ids of events.
 *
 * Ids that sort by time keep a store's index compact, and ids that sort in the order of emit let a
 * reader restore that order. An id is therefore a UUIDv7 with a counter in rand_a (RFC 9562, 5.7
 * and 6.2 method 1) and 62 random bits. The random bits are drawn again for each millisecond, and
 * after at least 2,000 ids within one: ids are unique, not secret (docs/decisions/0003).
 */
import { createHash, randomInt, randomUUID } from 'node:crypto';

const COUNTER_END = 0x1000;
const COUNTERS = Array.from({ length: COUNTER_END }, (_, at) => at.toString(16).padStart(3, '0'));
const MAX_TIMESTAMP_MS = 2 ** 48 - 1;

export class EventIds {
  /** The last time that was passed to `next`. */
  private asked = -1;
  /**
   * The time in the id. It is later than `asked` while a burst has more events than the counter of
   * one millisecond can count.
   */
  private millisecond = -1;
  /** The upper 32 bits of the 48-bit time. They change every 65.5 seconds. */
  private minute = -1;
  private minuteText = '';
  private prefix = '';
  private counter = 0;
  private tail = '';

  /**
   * Returns the next id. It is greater than every id before it, as long as the clock does not go
   * back.
   * @param nowMs epoch milliseconds; clamped to the range of 48 bits, because `next` must always
   * return an id
   */
  next(nowMs: number): string {
    const now = Math.min(Math.max(Math.trunc(nowMs), 0), MAX_TIMESTAMP_MS);
    if (now > this.millisecond || now < this.asked) this.open(now);
    else if (++this.counter === COUNTER_END) this.open(Math.min(this.millisecond + 1, MAX_TIMESTAMP_MS));
    this.asked = now;
    return this.prefix + (COUNTERS[this.counter] as string) + this.tail;
  }

  private open(millisecond: number): void {
    // V8 formats 31-bit integers directly. It formats larger numbers like fractions, which takes
    // 0.3 µs.
    const minute = Math.floor(millisecond / 0x10000);
    if (minute !== this.minute) {
      this.minute = minute;
      this.minuteText = minute.toString(16).padStart(8, '0');
    }
    this.millisecond = millisecond;
    this.prefix = `${this.minuteText}-${(0x10000 + millisecond - minute * 0x10000).toString(16).slice(1)}-7`;
    // At least half of the counter stays free, so that most bursts within one millisecond do not
    // use the next one.
    this.counter = randomInt(COUNTER_END / 2);
    this.tail = randomUUID().slice(18);
  }
}

/**
 * The id of an event that is emitted while another event is processed. A job that runs again must
 * emit the same ids, or every run would duplicate its events. The id is therefore a UUIDv8 (RFC
 * 9562, 5.8) of the SHA-256 of its origin.
 * @param place the path of the node, or the handler, that emits
 * @param ordinal number of events that this place has already emitted while it processes the
 * parent, from 0
 */
export function deriveEventId(parentId: string, place: string, name: string, ordinal: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([parentId, place, name, ordinal]))
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
