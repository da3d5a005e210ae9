import type { QueuedEvent } from './queued-event';

const MIN_SLOTS = 64;
/** Number of slots that an empty queue keeps. */
const KEPT_SLOTS = 16_384;

/**
 * Events in the order in which they came, each taken once. All operations take constant time on
 * average, plus the time for the events that they move.
 *
 * The events are in a ring of slots, and a slot is cleared when its event is taken: an array that
 * is cut at its beginning leaves copies behind (docs/decisions/0393).
 */
export class MemoryQueue {
  /** The slots, of which the number is a power of two. */
  private slots: (QueuedEvent | undefined)[] = [];
  /** Slot of the oldest event. */
  private head = 0;
  private waiting = 0;
  private total = 0;

  get count(): number {
    return this.waiting;
  }

  /** Bytes of the events that are in the queue now. */
  get bytes(): number {
    return this.total;
  }

  get oldest(): QueuedEvent | undefined {
    return this.slots[this.head];
  }

  push(entry: QueuedEvent): void {
    if (this.waiting === this.slots.length) this.grow();
    this.slots[(this.head + this.waiting++) & (this.slots.length - 1)] = entry;
    this.total += entry.bytes;
  }

  /** Takes the oldest events: at least one if there is one, and at most as many as fit. */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const taken: QueuedEvent[] = [];
    let bytes = 0;
    while (taken.length < maxEvents) {
      const next = this.oldest;
      if (next === undefined || (taken.length > 0 && bytes + next.bytes > maxBytes)) break;
      bytes += next.bytes;
      taken.push(next);
      this.slots[this.head] = undefined;
      this.head = (this.head + 1) & (this.slots.length - 1);
      this.waiting--;
    }
    this.total -= bytes;
    if (this.waiting === 0 && this.slots.length > KEPT_SLOTS) [this.slots, this.head] = [[], 0];
    return taken;
  }

  private grow(): void {
    const { slots, head } = this;
    this.slots = [...slots.slice(head), ...slots.slice(0, head)];
    this.slots.length = Math.max(MIN_SLOTS, 2 * slots.length);
    this.head = 0;
    slots.fill(undefined);
  }
}
