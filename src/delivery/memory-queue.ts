import type { QueuedEvent } from './queued-event';

/**
 * Events in the order in which they came, each taken once. All operations take constant time, plus
 * the time for the events that they move.
 */
export class MemoryQueue {
  private entries: QueuedEvent[] = [];
  /**
   * Index of the first event. Removing the first item of an array would move all other items each
   * time.
   */
  private head = 0;
  private total = 0;

  get count(): number {
    return this.entries.length - this.head;
  }

  /** Bytes of the events that are in the queue now. */
  get bytes(): number {
    return this.total;
  }

  get oldest(): QueuedEvent | undefined {
    return this.entries[this.head];
  }

  push(entry: QueuedEvent): void {
    this.entries.push(entry);
    this.total += entry.bytes;
  }

  /** Takes the oldest events: at least one if there is one, and at most as many as fit. */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const taken: QueuedEvent[] = [];
    let bytes = 0;
    while (taken.length < maxEvents) {
      const next = this.entries[this.head];
      if (next === undefined || (taken.length > 0 && bytes + next.bytes > maxBytes)) break;
      bytes += next.bytes;
      taken.push(next);
      this.head++;
    }
    this.total -= bytes;
    this.letGo();
    return taken;
  }

  private letGo(): void {
    if (this.head === this.entries.length) {
      this.entries = [];
      this.head = 0;
    } else if (this.head > 1000 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
  }
}
