import type { RecordRef, RecordStore, StoredRecord } from '../store/record-store';

/** Remembers from which of several stores each leased record is. */
export class LeaseOrigins {
  private readonly origins = new WeakMap<RecordRef, RecordStore>();

  note(records: readonly StoredRecord[], store: RecordStore): void {
    for (const { ref } of records) this.origins.set(ref, store);
  }

  /** Groups refs by their stores. Unknown refs are left out. */
  group(refs: readonly RecordRef[]): ReadonlyMap<RecordStore, RecordRef[]> {
    const groups = new Map<RecordStore, RecordRef[]>();
    for (const ref of refs) {
      const store = this.origins.get(ref);
      if (store === undefined) continue;
      const own = groups.get(store);
      if (own === undefined) groups.set(store, [ref]);
      else own.push(ref);
    }
    return groups;
  }
}
