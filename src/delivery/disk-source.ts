import { MAX_PAYLOAD_BYTES, type RecordStore } from '../store/record-store';
import { StoreWriteException } from '../store/store-write.exception';
import { DiskCondition, type ConditionReports } from './disk-condition';
import { EpochStamps } from './epoch-stamps';
import { QueuedEvent } from './queued-event';

/**
 * Why events on disk are lost: their record cannot be read, or its file was removed while in use.
 */
export type DiskLoss = 'unreadable' | 'disk-removed';

/**
 * Maximum bytes of a probe. Testing for the capacity of one larger event is not worth writing that
 * much every second.
 */
const MAX_PROBE_BYTES = 262_144;

export interface SourceReports extends ConditionReports {
  /** Called when events on disk are lost. */
  readonly onLost: (reason: DiskLoss, events: number) => void;
}

/** The events of one destination that wait on disk. */
export class DiskSource {
  /** The condition of the disk according to its last use. */
  readonly condition: DiskCondition;
  private leased = 0;
  private readonly stamps = new EpochStamps();
  /**
   * Losses of the store that were already reported. Losses before it was opened do not count,
   * because those events were never here.
   */
  private reported: { readonly records: number; readonly removed: number };
  /** Bytes of the last record that could not be written. */
  private refusedBytes = 0;

  constructor(
    private readonly store: RecordStore,
    private readonly reports: SourceReports,
  ) {
    this.condition = new DiskCondition(reports);
    const { records, removed } = store.damage;
    this.reported = { records, removed };
  }

  /** Number of events that are not being sent. */
  get waiting(): number {
    return this.store.count - this.leased;
  }

  get count(): number {
    return this.store.count;
  }

  get bytes(): number {
    return this.store.bytes;
  }

  /**
   * The current time in epoch milliseconds, for a record.
   * @param now milliseconds of `performance.now()`
   */
  stamp(now: number): number {
    return this.stamps.stamp(now);
  }

  /**
   * Writes events of memory before all events on disk. They stay in memory, and each event that was
   * written knows its record.
   */
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

  /** Takes the next events; none while they cannot be read. */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    for (let waiting = this.waiting; waiting > 0; waiting = this.waiting) {
      const taken = this.tryTake(maxEvents, maxBytes);
      if (taken.length > 0) return taken;
      if (this.waiting === waiting) break;
    }
    return [];
  }

  /** Settles the events that are in this store. */
  settle(entries: readonly QueuedEvent[]): void {
    const refs = entries.flatMap(({ stored }) => (stored?.store === this.store ? stored.ref : []));
    this.leased -= refs.length;
    if (refs.length > 0) this.store.settle(refs);
  }

  /**
   * Gives back the events that are in this store. Events whose record does not exist any more are
   * then in memory only.
   */
  release(entries: readonly QueuedEvent[]): void {
    const own = new Map(
      entries.map((entry) => [entry.stored?.store === this.store ? entry.stored.ref : undefined, entry]),
    );
    own.delete(undefined);
    this.leased -= own.size;
    const refs = [...own.keys()].flatMap((ref) => ref ?? []);
    for (const ref of this.store.release(refs)) own.get(ref)?.keepAt(undefined);
  }

  /**
   * Writes the buffered records.
   * @returns true if all events that were put here survive a kill
   */
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

  /** Detects removed files, and retries failed operations. */
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

  /**
   * Writes the buffered records and closes the store.
   * @returns number of events that are lost because the disk does not accept them
   */
  close(): number {
    try {
      this.store.close();
      return 0;
    } catch (error) {
      this.condition.fail('write', error);
      return error instanceof StoreWriteException ? error.records : 0;
    }
  }

  /**
   * Appends a record.
   * @returns true if it was written; false if the store has no capacity
   * @throws StoreWriteException if the disk cannot be written
   */
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

  /**
   * Returns the events of the records that were read. Records that are not events are reported as
   * lost; another version may have written them.
   */
  private read(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const records = this.store.lease(maxEvents, maxBytes);
    this.leased += records.length;
    this.reportLosses();
    const entries: QueuedEvent[] = [];
    const now = performance.now();
    for (const record of records) {
      try {
        const entry = QueuedEvent.fromRecord(this.store, record);
        // The age of an event that this process wrote does not depend on the system clock.
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

/** Returns undefined for an event that cannot be written. That is reported when it is its turn. */
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
