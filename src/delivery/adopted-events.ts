import type { RecordStore } from '../store/record-store';
import { DiskSource, type SourceReports } from './disk-source';
import type { QueuedEvent } from './queued-event';

/** The events that other processes left, each process's in a store of its own; the oldest store first. */
export class AdoptedEvents {
  private stores: DiskSource[] = [];

  constructor(private readonly reports: SourceReports) {}

  get waiting(): number {
    let waiting = 0;
    for (const store of this.stores) waiting += store.waiting;
    return waiting;
  }

  /** Those that are not empty. */
  get sources(): readonly DiskSource[] {
    return this.stores;
  }

  add(store: RecordStore): void {
    this.stores.push(new DiskSource(store, this.reports));
  }

  /** The oldest ones that can be read. */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    for (const store of this.stores) {
      const taken = store.take(maxEvents, maxBytes);
      if (taken.length > 0) return taken;
    }
    return [];
  }

  /** Closes stores of which everything is done. */
  closeEmpty(): void {
    if (this.stores.every(({ count }) => count > 0)) return;
    for (const store of this.stores) if (store.count === 0) store.close();
    this.stores = this.stores.filter(({ count }) => count > 0);
  }
}
