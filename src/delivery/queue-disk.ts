import type { RecordStore } from '../store/record-store';
import { RecordTooLargeException } from '../store/record-too-large.exception';
import { DiskSource, type SourceReports } from './disk-source';
import type { HeldEvents } from './held-events';
import type { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

/**
 * The purpose of a record: a new event ('new'), an event that must survive a kill once `put`
 * returns ('kept'), or an event for which no other is dropped ('retained').
 */
export type PutPurpose = 'new' | 'kept' | 'retained';

/**
 * True if the record was stored, false if there was no capacity; 'failed' if the disk cannot be
 * written now, 'too-large' if it never accepts such a record.
 */
export type PutResult = boolean | 'failed' | 'too-large';

/**
 * The disk of one queue. It accepts records while it has capacity, and applies `whenFull` when it
 * has none.
 */
export class QueueDisk extends DiskSource {
  private hadNoRoom = false;

  constructor(
    store: RecordStore,
    private readonly settings: Pick<DeliverySettings, 'durable' | 'whenFull'>,
    reports: SourceReports,
    /** Called with the number of events that were dropped for lack of capacity. */
    private readonly onDropped: (events: number) => void,
  ) {
    super(store, reports);
  }

  /** True if the last record found no capacity, and no event was settled since. */
  get isFull(): boolean {
    return this.hadNoRoom;
  }

  put(record: string, purpose: PutPurpose): PutResult {
    // A buffered write does not prove that a failed disk works again.
    const flush = this.settings.durable || purpose === 'kept' || this.condition.isFailingTo('write');
    try {
      let isStored = this.append(record, flush);
      if (!isStored && this.settings.whenFull === 'drop-oldest' && purpose !== 'retained') {
        const dropped = this.dropOldest(Buffer.byteLength(record));
        if (dropped > 0) this.onDropped(dropped);
        isStored = this.append(record, flush);
      }
      this.hadNoRoom = !isStored;
      if (isStored && flush) this.condition.succeed('write');
      return isStored;
    } catch (error) {
      if (error instanceof RecordTooLargeException) return 'too-large';
      this.condition.fail('write', error);
      return 'failed';
    }
  }

  /**
   * Writes the events that are only in memory and older than all events on disk before those. They
   * stay in memory too.
   */
  writeFirst(held: HeldEvents, underWay: readonly QueuedEvent[]): void {
    const alone = [...underWay, ...held.listEarly()].filter(({ stored }) => stored === undefined);
    if (alone.length === 0) return;
    this.putFirst(alone);
    const stored = alone.filter((entry) => entry.stored !== undefined);
    for (const entry of stored) held.letGo(entry);
    if (this.flush()) for (const entry of stored) entry.tell('stored');
  }

  override settle(entries: readonly QueuedEvent[]): void {
    this.hadNoRoom = false;
    super.settle(entries);
  }
}
