import { EpochStamps } from './epoch-stamps';
import { QueuedEvent } from './queued-event';
import type { RecordStore } from './disk/record-store';

/** Events of one destination that wait on disk. */
export class DiskSource {
  private leased = 0;
  /** Of the records that the store has lost, those that were told of; what was lost before it was opened was never here. */
  private toldOf: number;
  private readonly stamps = new EpochStamps();
  /** Records that were put here, those included that were here when it was opened. */
  came: number;

  /** @param onUnreadable told of records that were lost since, or are no events: another version wrote them */
  constructor(
    private readonly store: RecordStore,
    private readonly onUnreadable: (count: number) => void,
  ) {
    this.toldOf = store.damage.records;
    this.came = store.count;
  }

  /** Of the records that came, those that do not wait here any more: taken, dropped or lost. */
  get gone(): number {
    return this.came - this.waiting;
  }

  /** The epoch time of now, for a record. @param now milliseconds of `performance.now()` */
  stamp(now: number): number {
    return this.stamps.stamp(now);
  }

  /** Those that nobody has taken. */
  get waiting(): number {
    return this.store.count - this.leased;
  }

  get count(): number {
    return this.store.count;
  }

  get bytes(): number {
    return this.store.bytes;
  }

  /** @returns whether there was room */
  put(record: string, flush: boolean): boolean {
    if (this.store.append(record, flush) === undefined) return false;
    this.came++;
    return true;
  }

  dropOldest(bytes: number): number {
    return this.store.dropOldest(bytes);
  }

  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const records = this.store.lease(maxEvents, maxBytes);
    this.leased += records.length;
    const lost = this.store.damage.records - this.toldOf;
    if (lost > 0) this.onUnreadable(lost);
    this.toldOf += lost;
    const entries: QueuedEvent[] = [];
    const now = performance.now();
    for (const record of records) {
      try {
        const entry = QueuedEvent.fromRecord(this.store, record);
        // The age of an event that this process has written does not depend on the system's clock.
        entry.enteredAt = this.stamps.monotonicOf(entry.acceptedAt, now) ?? entry.enteredAt;
        entries.push(entry);
      } catch {
        this.leased--;
        this.store.settle([record.ref]);
        this.onUnreadable(1);
      }
    }
    return entries;
  }

  settle(entries: readonly QueuedEvent[]): void {
    this.leased -= entries.length;
    this.store.settle(entries.flatMap(({ stored }) => (stored === undefined ? [] : [stored.ref])));
  }

  release(entries: readonly QueuedEvent[]): void {
    this.leased -= entries.length;
    this.store.release(entries.flatMap(({ stored }) => (stored === undefined ? [] : [stored.ref])));
  }

  holds({ stored }: QueuedEvent): boolean {
    return stored?.store === this.store;
  }

  flush(): void {
    this.store.flush();
  }

  close(): void {
    this.store.close();
  }
}
