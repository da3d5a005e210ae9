/**
 * Ids that sort by time keep a store's index compact, and ids that sort in the order of emit let a reader restore it. So an id
 * is a UUIDv7 with a counter in rand_a (RFC 9562, 5.7 and 6.2 method 1), and 62 random bits that are drawn anew for each
 * millisecond and each 2,000 ids or more within it: ids are told apart, not kept secret (docs/decisions/0003).
 */
import { createHash, randomInt, randomUUID } from 'node:crypto';

const COUNTER_END = 0x1000;
const COUNTERS = Array.from({ length: COUNTER_END }, (_, at) => at.toString(16).padStart(3, '0'));
const MAX_TIMESTAMP_MS = 2 ** 48 - 1;

export class EventIds {
  /** What the clock told last. */
  private asked = -1;
  /** What stands in the id: later than `asked` while a burst has more events than one millisecond can count. */
  private millisecond = -1;
  /** The 32 bits above the last 16 of the millisecond: a new one each 65.5 seconds. */
  private minute = -1;
  private minuteText = '';
  private prefix = '';
  private counter = 0;
  private tail = '';

  /**
   * The next id; greater than every id before it while the clock does not go back.
   * @param nowMs epoch milliseconds; outside of what 48 bits hold it is clamped, since an id must always be had.
   */
  next(nowMs: number): string {
    const now = Math.min(Math.max(Math.trunc(nowMs), 0), MAX_TIMESTAMP_MS);
    if (now > this.millisecond || now < this.asked) this.open(now);
    else if (++this.counter === COUNTER_END) this.open(Math.min(this.millisecond + 1, MAX_TIMESTAMP_MS));
    this.asked = now;
    return this.prefix + (COUNTERS[this.counter] as string) + this.tail;
  }

  private open(millisecond: number): void {
    // Numbers of 31 bits have their digits at once; of what has more, V8 works them out as of a fraction (0.3 us).
    const minute = Math.floor(millisecond / 0x10000);
    if (minute !== this.minute) {
      this.minute = minute;
      this.minuteText = minute.toString(16).padStart(8, '0');
    }
    this.millisecond = millisecond;
    this.prefix = `${this.minuteText}-${(0x10000 + millisecond - minute * 0x10000).toString(16).slice(1)}-7`;
    // Half the room stays free, so that a burst within one millisecond does not have to borrow the next one.
    this.counter = randomInt(COUNTER_END / 2);
    this.tail = randomUUID().slice(18);
  }
}

/**
 * The id of an event emitted while another is being processed. A job that runs again must emit the same ids, or every re-run
 * doubles what it emits: so it is a UUIDv8 (RFC 9562, 5.8) of the SHA-256 of what led to it.
 * @param place the path of the node, or the handler, that emits
 * @param ordinal how many events this place has emitted while processing the parent, from 0
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
