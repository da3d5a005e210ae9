import type { RecordStore } from '../store/record-store';
import { RecordTooLargeException } from '../store/record-too-large.exception';
import { DiskSource, type SourceReports } from './disk-source';
import type { HeldEvents } from './held-events';
import type { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

/**
 * What a record is written for: an event that comes ('new'); one that must be found after a kill when `put` returns ('kept');
 * one for which no other is dropped ('lent').
 */
export type PutPurpose = 'new' | 'kept' | 'lent';

/** Whether there was room; 'failed' if the disk cannot be written now, 'too-large' if it never takes such a record. */
export type PutResult = boolean | 'failed' | 'too-large';

/** The disk of one queue, which takes records while it has room and is bounded by `whenFull`. */
export class QueueDisk extends DiskSource {
  private hadNoRoom = false;

  constructor(
    store: RecordStore,
    private readonly settings: Pick<DeliverySettings, 'durable' | 'whenFull'>,
    reports: SourceReports,
    /** Told of events that were dropped for want of room. */
    private readonly onDropped: (events: number) => void,
  ) {
    super(store, reports);
  }

  /** Whether there was no room when it was last asked for some, and nothing was settled since. */
  get isFull(): boolean {
    return this.hadNoRoom;
  }

  put(record: string, purpose: PutPurpose): PutResult {
    // What is only gathered proves nothing of a disk that has failed.
    const flush = this.settings.durable || purpose === 'kept' || this.condition.isFailingTo('write');
    try {
      let isStored = this.append(record, flush);
      if (!isStored && this.settings.whenFull === 'drop-oldest' && purpose !== 'lent') {
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

  /** Writes what is in memory alone, and older than all that is here, before it. It stays in memory too. */
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
