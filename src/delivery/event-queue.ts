/**
 * The queue of one destination, with a bounded memory.
 *
 * Memory that grows while a destination is down would end the process and lose every waiting event.
 * Memory is therefore bounded, and further events go to the disk; with `durable` all events do.
 *
 * Events leave in the order in which they came. Four places hold them, the oldest first: the stores
 * of other processes (`adopted`), memory (`early`), the disk, and memory again (`late`). `late`
 * holds events that came while the disk held older events and could not be written. They go to the
 * disk as soon as it can be written, before any newer event.
 */
import type { Envelope } from '../event/envelope';
import { originFacts, writeRecord } from '../event/event-record';
import type { RecordStore } from '../store/record-store';
import { AdoptedEvents } from './adopted-events';
import type { DiskSource } from './disk-source';
import { HeldEvents } from './held-events';
import { QueueDisk, type PutPurpose, type PutResult } from './queue-disk';
import type { QueueReports } from './queue-reports';
import { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

export type Taken = { readonly entry: QueuedEvent | undefined; readonly isStored: boolean };

const STORED: Taken = { entry: undefined, isStored: true };
/** Number of events that one new event moves from memory to the disk before it. */
const MOVED_BY_ONE = 16;
/** Number of events that each disk check moves. The process does nothing else meanwhile. */
const MOVED_AT_ONCE = 1000;

export class EventQueue {
  private readonly held: HeldEvents;
  private readonly disk: QueueDisk | undefined;
  private readonly adopted: AdoptedEvents;
  /**
   * True while new events go to the disk because memory was full; false again when the disk is
   * drained.
   */
  private isSpilling: boolean;
  /** True if shutdown is near and all events go to the disk. */
  private isPersisting = false;
  /** Without `ordered`, adopted events and the process's own events are taken in turns. */
  private isTurnOfAdopted = false;

  constructor(
    private readonly settings: DeliverySettings,
    store: RecordStore | undefined,
    private readonly reports: QueueReports,
  ) {
    this.held = new HeldEvents(settings);
    const { onDropped, onDiskFailed, onDiskRecovered } = reports;
    const ofDisk = { onLost: onDropped, onDiskFailed, onDiskRecovered };
    this.adopted = new AdoptedEvents(ofDisk);
    this.disk =
      store &&
      new QueueDisk(store, settings, ofDisk, (events) => {
        onDropped('queue-full', events);
      });
    this.isSpilling = this.disk !== undefined && this.disk.waiting > 0;
  }

  /** Number of events that are not being sent. */
  get waiting(): number {
    return this.held.waiting + (this.disk?.waiting ?? 0) + this.adopted.waiting;
  }

  get waitingBytes(): number {
    return this.held.waitingBytes;
  }

  /** True while new events go to the disk. */
  get isOnDisk(): boolean {
    return this.settings.durable || this.isSpilling || this.isPersisting;
  }

  /**
   * True while new events go to the disk because memory was full. Ends when the disk is drained.
   */
  get isOverflowing(): boolean {
    return !this.settings.durable && this.isSpilling;
  }

  /** True if the last use of the disk failed. */
  get isDiskFailing(): boolean {
    return this.sources().some(({ condition }) => condition.isFailing);
  }

  get diskCount(): number {
    return this.sources().reduce((sum, { count }) => sum + count, 0);
  }

  get diskBytes(): number {
    return this.sources().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Accepts an event, into memory or to the disk.
   * @param now milliseconds of `performance.now()`
   * @param isLent true if it must be accepted: no other event is dropped for it, and the caller has
   * checked `isFull`
   * @returns undefined if there is no capacity; `entry` is undefined for an event that is only on
   * disk
   */
  put(envelope: Envelope, now: number, isLent: boolean): Taken | undefined {
    const { disk, held } = this;
    const isForDisk = disk !== undefined && (this.isOnDisk || !held.hasRoomFor(envelope.estimatedLength()));
    if (isForDisk && this.moveLate(disk, MOVED_BY_ONE)) {
      const record = writeRecord(envelope, { acceptedAt: disk.stamp(now), ...originFacts(envelope) });
      const stored = this.putOnDisk(disk, record, isLent ? 'lent' : 'new');
      if (stored === true) return STORED;
      if ((stored === false || stored === 'too-large') && !isLent) return undefined;
    }
    const entry = QueuedEvent.of(envelope, now);
    if (!isLent && !this.makeRoom(entry.bytes)) return undefined;
    held.hold(entry, isForDisk && this.isOnDisk ? held.late : held.early);
    return { entry, isStored: false };
  }

  /**
   * Puts a dead letter into the queue again. With a disk it goes there and survives a kill once
   * this returns, because it came from the disk.
   * @returns true if the queue had capacity for it
   */
  putAgain(entry: QueuedEvent): boolean {
    const { disk, held } = this;
    if (disk !== undefined) return this.putOnDisk(disk, entry.record(), 'kept') === true && disk.flush();
    if (!held.hasRoomFor(entry.bytes)) return false;
    held.hold(entry, held.early);
    return true;
  }

  /**
   * Takes the oldest events, up to the given number and size, but at least one if one can be read.
   */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const isAdoptedFirst = this.settings.ordered || (this.isTurnOfAdopted = !this.isTurnOfAdopted);
    const first = isAdoptedFirst ? this.adopted.take(maxEvents, maxBytes) : this.takeOwn(maxEvents, maxBytes);
    if (first.length > 0) return first;
    return isAdoptedFirst ? this.takeOwn(maxEvents, maxBytes) : this.adopted.take(maxEvents, maxBytes);
  }

  /**
   * True if callers should add no more events. Further events are refused, dropped by `whenFull`,
   * or accepted beyond the limits.
   */
  get isFull(): boolean {
    const { held, disk } = this;
    return held.isFull && (disk === undefined || disk.isFull || disk.condition.isFailing);
  }

  /**
   * Writes the buffered records.
   * @returns true if all events on disk survive a kill
   */
  flush(): boolean {
    return this.disk?.flush() ?? true;
  }

  /**
   * Checks the disk: detects removed files, retries failed writes, and writes events in memory that
   * belong on disk. Call it about once a second.
   * @param underWay events that were taken and not settled, the oldest first
   */
  checkDisk(underWay: readonly QueuedEvent[]): void {
    for (const source of this.sources()) source.check();
    const { disk } = this;
    if (disk !== undefined && !disk.condition.isFailing) {
      if (this.settings.durable || this.isPersisting) disk.writeFirst(this.held, underWay);
      this.moveLate(disk, MOVED_AT_ONCE);
    }
    this.endSpilling();
  }

  /** Removes settled events for good. */
  settle(entries: readonly QueuedEvent[]): void {
    for (const entry of entries) if (entry.stored === undefined) this.held.letGo(entry);
    for (const source of this.sources()) source.settle(entries);
    this.endSpilling();
    this.adopted.closeEmpty();
  }

  /**
   * Takes over the events of another process.
   * @returns number of events
   */
  adopt(store: RecordStore): number {
    this.adopted.add(store);
    return store.count;
  }

  /**
   * Writes the events that are only in memory to the disk, if there is one, before all events
   * there. From now on all new events go there too. The events stay in memory as well, and are sent
   * from it.
   * @param underWay events that were taken and not settled, the oldest first
   */
  persist(underWay: readonly QueuedEvent[]): void {
    if (this.disk === undefined) return;
    this.isPersisting = true;
    this.disk.writeFirst(this.held, underWay);
    if (!this.disk.condition.isFailing) this.moveLate(this.disk, Infinity);
  }

  /**
   * Puts all held events and the events being sent on disk, at shutdown.
   * @param underWay events that were taken and not settled, the oldest first
   * @returns number of events that are lost because they could not be stored, and number of events
   * that were returned to their caller
   */
  handOver(underWay: readonly QueuedEvent[]): { readonly left: number; readonly returned: number } {
    this.checkDisk(underWay);
    this.persist(underWay);
    const { early, late } = this.held;
    const all = [...underWay, ...early.take(Infinity, Infinity), ...late.take(Infinity, Infinity)];
    for (const source of this.sources()) source.release(all);
    let [left, returned] = [0, 0];
    for (const entry of all) {
      if (entry.stored !== undefined) continue;
      const stored = this.disk === undefined ? false : this.putEntry(this.disk, entry, 'kept');
      if (stored === true || stored === 'unwritable') continue;
      if (entry.isLent) returned++;
      else left++;
      entry.tell(entry.isLent ? 'returned' : 'dropped');
    }
    const isSafe = this.flush();
    for (const entry of all) entry.tell(isSafe ? 'stored' : 'pending');
    return { left, returned };
  }

  /**
   * Writes the buffered records and closes the stores.
   * @returns number of events that are lost because the disk does not accept them
   */
  close(): number {
    let lost = 0;
    for (const source of this.sources()) lost += source.close();
    return lost;
  }

  private sources(): DiskSource[] {
    const { disk, adopted } = this;
    return disk === undefined ? [...adopted.sources] : [disk, ...adopted.sources];
  }

  private takeOwn(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const { disk, settings } = this;
    const { early, late } = this.held;
    if (early.count > 0) return early.take(maxEvents, maxBytes);
    const taken = disk?.take(maxEvents, maxBytes) ?? [];
    if (taken.length > 0) return taken;
    // Older events that cannot be read for now hold up the newer ones only if the order counts.
    return settings.ordered && disk !== undefined && disk.waiting > 0 ? [] : late.take(maxEvents, maxBytes);
  }

  /** Once no event waits on disk and memory has capacity, holds new events in memory again. */
  private endSpilling(): void {
    if (this.disk === undefined || this.disk.waiting > 0 || this.settings.durable || this.isPersisting) return;
    this.held.mergeLate();
    if (!this.isSpilling || this.held.isFull) return;
    this.isSpilling = false;
    this.reports.onDiskDrained();
  }

  /**
   * Makes capacity in memory, by dropping older events if `whenFull` says so.
   * @returns true if memory has capacity
   */
  private makeRoom(bytes: number): boolean {
    while (!this.held.hasRoomFor(bytes)) {
      // Undefined if all events are being sent.
      const oldest = this.settings.whenFull === 'drop-oldest' ? this.held.takeOldest() : undefined;
      if (oldest === undefined) return false;
      oldest.tell('dropped');
      this.reports.onDropped('queue-full', 1);
    }
    return true;
  }

  /**
   * Moves events to the disk that came while it could not be written.
   * @returns true if none are left
   */
  private moveLate(disk: QueueDisk, atMost: number): boolean {
    const { held } = this;
    for (let left = atMost; left > 0 && held.late.oldest !== undefined; left--) {
      const entry = held.late.oldest;
      const isAwaited = entry.onSettled !== undefined;
      const stored = this.putEntry(disk, entry, isAwaited ? 'kept' : 'lent');
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

  /**
   * Writes one event to the disk.
   * @returns 'unwritable' for an event that has no record, which is reported
   */
  private putEntry(disk: QueueDisk, entry: QueuedEvent, purpose: PutPurpose): PutResult | 'unwritable' {
    let record: string;
    try {
      record = entry.record();
    } catch (error) {
      this.reports.onUnwritable(entry, error);
      return 'unwritable';
    }
    return this.putOnDisk(disk, record, purpose);
  }

  private putOnDisk(disk: QueueDisk, record: string, purpose: PutPurpose): PutResult {
    const stored = disk.put(record, purpose);
    if (stored === true && !this.isOnDisk) {
      // later events must go to the disk too, or they would always be sent before this one
      this.isSpilling = true;
      if (purpose !== 'kept') this.reports.onDiskBegun();
    }
    return stored;
  }
}
