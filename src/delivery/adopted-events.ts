import type { RecordStore } from '../store/record-store';
import { DiskSource, type SourceReports } from './disk-source';
import type { QueuedEvent } from './queued-event';

/**
 * The events that other processes left. Each process has its own store; the oldest store comes
 * first.
 */
export class AdoptedEvents {
  private stores: DiskSource[] = [];

  constructor(private readonly reports: SourceReports) {}

  get waiting(): number {
    let waiting = 0;
    for (const store of this.stores) waiting += store.waiting;
    return waiting;
  }

  /** All stores. Empty ones are removed by `closeEmpty`. */
  get sources(): readonly DiskSource[] {
    return this.stores;
  }

  add(store: RecordStore): void {
    this.stores.push(new DiskSource(store, this.reports));
  }

  /** Takes the oldest events that can be read. */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    for (const store of this.stores) {
      const taken = store.take(maxEvents, maxBytes);
      if (taken.length > 0) return taken;
    }
    return [];
  }

  /** Closes the stores whose events are all settled. */
  closeEmpty(): void {
    if (this.stores.every(({ count }) => count > 0)) return;
    for (const store of this.stores) if (store.count === 0) store.close();
    this.stores = this.stores.filter(({ count }) => count > 0);
  }
}
