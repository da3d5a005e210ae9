import type { HeldEvents } from './held-events';
import type { PutPurpose, PutResult, QueueDisk } from './queue-disk';
import type { QueueReports } from './queue-reports';
import type { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

/** Number of events that one new event moves from memory to the disk before it. */
const MOVED_BY_ONE = 16;
/** Number of events that each disk check moves. The process does nothing else meanwhile. */
const MOVED_AT_ONCE = 1000;

/**
 * Decides which events of a queue go to its disk, and writes them there in their order.
 *
 * New events are held in memory, except
 * - with `durable`: then all events go to the disk;
 * - while it spills: from an event that is written because memory is full, until no event waits on
 *   disk and memory has capacity;
 * - while it persists: from `persist`, because shutdown is near, to the end.
 */
export class DiskSpill {
  private isSpilling: boolean;
  private isPersisting = false;

  constructor(
    private readonly disk: QueueDisk,
    private readonly held: HeldEvents,
    private readonly settings: Pick<DeliverySettings, 'durable'>,
    private readonly reports: Pick<QueueReports, 'onDiskBegun' | 'onDiskDrained' | 'onUnwritable'>,
  ) {
    this.isSpilling = disk.waiting > 0;
  }

  /** True while new events go to the disk. */
  get isOnDisk(): boolean {
    return this.settings.durable || this.isSpilling || this.isPersisting;
  }

  /** True while new events go to the disk because memory was full. */
  get isOverflowing(): boolean {
    return !this.settings.durable && this.isSpilling;
  }

  /**
   * Moves some late events to the disk, which came while the disk could not be written.
   * @returns true if none are left, so that a new event may follow them
   */
  makeWay(): boolean {
    return this.moveLate(MOVED_BY_ONE);
  }

  /** Puts a record on the disk, which may begin the spilling. */
  put(record: string, purpose: PutPurpose): PutResult {
    const stored = this.disk.put(record, purpose);
    if (stored === true && !this.isOnDisk) {
      // Later events must go to the disk too, or they would always be sent before this one.
      this.isSpilling = true;
      if (purpose !== 'kept') this.reports.onDiskBegun();
    }
    return stored;
  }

  /**
   * Writes one event of memory to the disk.
   * @returns 'unwritable' for an event that has no record, which is reported
   */
  putEntry(entry: QueuedEvent, purpose: PutPurpose): PutResult | 'unwritable' {
    let record: string;
    try {
      record = entry.record();
    } catch (error) {
      this.reports.onUnwritable(entry, error);
      return 'unwritable';
    }
    return this.put(record, purpose);
  }

  /**
   * Writes the events that are only in memory to the disk, before all events there. From now on all
   * new events go there too. The events stay in memory as well, and are sent from it.
   * @param underWay events that were taken and not settled, the oldest first
   */
  persist(underWay: readonly QueuedEvent[]): void {
    this.isPersisting = true;
    this.disk.writeFirst(this.held, underWay);
    if (!this.disk.condition.isFailing) this.moveLate(Infinity);
  }

  /**
   * Writes events in memory that belong on the disk, if it can be written again.
   * @param underWay events that were taken and not settled, the oldest first
   */
  catchUp(underWay: readonly QueuedEvent[]): void {
    const { disk, held, settings } = this;
    if (disk.condition.isFailing) return;
    if (settings.durable || this.isPersisting) disk.writeFirst(held, underWay);
    this.moveLate(MOVED_AT_ONCE);
  }

  /** Once no event waits on disk and memory has capacity, holds new events in memory again. */
  endIfDrained(): void {
    const { disk, held, settings } = this;
    if (disk.waiting > 0 || settings.durable || this.isPersisting) return;
    held.mergeLate();
    if (!this.isSpilling || held.isFull) return;
    this.isSpilling = false;
    this.reports.onDiskDrained();
  }

  /** @returns true if none of the events that came while the disk could not be written are left */
  private moveLate(atMost: number): boolean {
    const { held, disk } = this;
    for (let left = atMost; left > 0 && held.late.oldest !== undefined; left--) {
      const entry = held.late.oldest;
      const isAwaited = entry.claim !== undefined;
      const stored = this.putEntry(entry, isAwaited ? 'kept' : 'retained');
      if (stored === false || stored === 'failed') return false;
      held.late.take(1, Infinity);
      if (stored === 'unwritable') continue;
      if (stored === 'too-large') {
        held.early.push(entry); // it must not keep the other events from the disk
        continue;
      }
      held.letGo(entry);
      if (isAwaited) entry.tell(disk.flush() ? 'stored' : 'pending');
    }
    return held.late.count === 0;
  }
}
