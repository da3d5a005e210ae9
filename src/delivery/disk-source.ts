import { QueuedEvent } from './queued-event';
import type { RecordStore } from './disk/record-store';

/** Events of one destination that wait on disk. */
export class DiskSource {
  private leased = 0;
  /** Of the records that the store has lost, those that were told of; what was lost before it was opened was never here. */
  private toldOf: number;

  /** @param onUnreadable told of records that were lost since, or are no events: another version wrote them */
  constructor(
    private readonly store: RecordStore,
    private readonly onUnreadable: (count: number) => void,
  ) {
    this.toldOf = store.damage.records;
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
    return this.store.append(record, flush) !== undefined;
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
    for (const record of records) {
      try {
        entries.push(QueuedEvent.fromRecord(this.store, record));
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
