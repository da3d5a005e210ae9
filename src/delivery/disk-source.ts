import { MAX_PAYLOAD_BYTES, type RecordStore } from '../store/record-store';
import { StoreWriteException } from '../store/store-write.exception';
import { DiskCondition, type ConditionReports } from './disk-condition';
import { EpochStamps } from './epoch-stamps';
import { QueuedEvent } from './queued-event';

/** Why events that were on disk are lost: their record cannot be read, or its file was removed while in use. */
export type DiskLoss = 'unreadable' | 'disk-removed';

/** Whether a disk has room for one larger event is not worth writing as much each second. */
const MAX_PROBE_BYTES = 262_144;

export interface SourceReports extends ConditionReports {
  /** Events are lost that were on disk. */
  readonly onLost: (reason: DiskLoss, events: number) => void;
}

/** Events of one destination that wait on disk. */
export class DiskSource {
  /** Whether it could be used when it was last tried. */
  readonly condition: DiskCondition;
  private leased = 0;
  private readonly stamps = new EpochStamps();
  /** Losses of the store that were reported; what was lost before it was opened was never here. */
  private reported: { readonly records: number; readonly removed: number };
  /** The size of the record for which there was no room on the disk. */
  private refusedBytes = 0;

  constructor(
    private readonly store: RecordStore,
    private readonly reports: SourceReports,
  ) {
    this.condition = new DiskCondition(reports);
    const { records, removed } = store.damage;
    this.reported = { records, removed };
  }

  /** Events that are not under way. */
  get waiting(): number {
    return this.store.count - this.leased;
  }

  get count(): number {
    return this.store.count;
  }

  get bytes(): number {
    return this.store.bytes;
  }

  /** Epoch milliseconds of now, for a record. @param now milliseconds of `performance.now()` */
  stamp(now: number): number {
    return this.stamps.stamp(now);
  }

  /** Writes events of memory before all that is here. They stay in memory, and those that found room know their place. */
  putFirst(entries: readonly QueuedEvent[]): void {
    const fitting = entries.flatMap((entry) => {
      const record = recordOf(entry);
      return record === undefined || Buffer.byteLength(record) > MAX_PAYLOAD_BYTES ? [] : { entry, record };
    });
    try {
      const refs = this.store.prepend(fitting.map(({ record }) => record));
      this.leased += refs.length;
      for (const [at, ref] of refs.entries()) fitting[at]?.entry.keepAt({ store: this.store, ref });
    } catch (error) {
      this.condition.fail('write', error);
    }
  }

  /** The next events; none while they cannot be read. */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    for (let waiting = this.waiting; waiting > 0; waiting = this.waiting) {
      const taken = this.tryTake(maxEvents, maxBytes);
      if (taken.length > 0) return taken;
      if (this.waiting === waiting) break;
    }
    return [];
  }

  /** Those of the events that are here are done. */
  settle(entries: readonly QueuedEvent[]): void {
    const refs = entries.flatMap(({ stored }) => (stored?.store === this.store ? stored.ref : []));
    this.leased -= refs.length;
    if (refs.length > 0) this.store.settle(refs);
  }

  /** Gives back those that are here. Events whose record is not there any more are in memory alone from now on. */
  release(entries: readonly QueuedEvent[]): void {
    const own = new Map(
      entries.map((entry) => [entry.stored?.store === this.store ? entry.stored.ref : undefined, entry]),
    );
    own.delete(undefined);
    this.leased -= own.size;
    const refs = [...own.keys()].flatMap((ref) => ref ?? []);
    for (const ref of this.store.release(refs)) own.get(ref)?.keepAt(undefined);
  }

  /** Writes what is gathered. @returns whether all that was put here would be found after a kill */
  flush(): boolean {
    try {
      this.store.flush();
      this.condition.succeed('write');
      return true;
    } catch (error) {
      this.condition.fail('write', error);
      return false;
    } finally {
      this.reportLosses();
    }
  }

  /** Looks for files that were removed, and tries again what has failed. */
  check(): void {
    try {
      if (this.store.check()) this.condition.fail('write', wasRemoved());
      if (this.condition.isFailingTo('write')) {
        this.store.flush();
        this.store.probe(Math.min(this.refusedBytes, MAX_PROBE_BYTES));
      }
      this.condition.succeed('write');
    } catch (error) {
      this.condition.fail('write', error);
    } finally {
      this.reportLosses();
    }
    if (this.waiting === 0) this.condition.succeed('read');
  }

  /** Writes what is gathered. @returns how many events that costs, since the disk does not take them */
  close(): number {
    try {
      this.store.close();
      return 0;
    } catch (error) {
      this.condition.fail('write', error);
      return error instanceof StoreWriteException ? error.records : 0;
    }
  }

  /** @returns whether there was room @throws StoreWriteException */
  protected append(record: string, flush: boolean): boolean {
    try {
      return this.store.append(record, flush) !== undefined;
    } catch (error) {
      this.refusedBytes = Buffer.byteLength(record);
      throw error;
    }
  }

  protected dropOldest(bytes: number): number {
    return this.store.dropOldest(bytes);
  }

  private tryTake(maxEvents: number, maxBytes: number): QueuedEvent[] {
    try {
      const taken = this.read(maxEvents, maxBytes);
      this.condition.succeed('read');
      return taken;
    } catch (error) {
      this.condition.fail('read', error);
      return [];
    }
  }

  /** Of the records that were read, those that are events: another version may have written others. */
  private read(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const records = this.store.lease(maxEvents, maxBytes);
    this.leased += records.length;
    this.reportLosses();
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
        this.reports.onLost('unreadable', 1);
      }
    }
    return entries;
  }

  private reportLosses(): void {
    const { records, removed } = this.store.damage;
    const before = this.reported;
    if (records === before.records && removed === before.removed) return;
    this.reported = { records, removed };
    if (records > before.records) this.reports.onLost('unreadable', records - before.records);
    if (removed > before.removed) this.reports.onLost('disk-removed', removed - before.removed);
  }
}

/** Undefined for an event that cannot be written, which is found out when its turn comes. */
function recordOf(entry: QueuedEvent): string | undefined {
  try {
    return entry.record();
  } catch {
    return undefined;
  }
}

function wasRemoved(): Error {
  return new Error('files of it were removed or replaced while in use');
}
