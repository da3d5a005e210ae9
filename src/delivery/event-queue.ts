/**
 * Memory that grows while a destination is down ends the process, and with it every event that waited. So memory is bounded,
 * and what it cannot hold continues on disk; with `durable` all of it does.
 *
 * Events come out in the order in which they went in. Four places hold them, the oldest first: what other processes left
 * (`adopted`), memory (`early`), the disk, and memory again (`late`): what came while the disk held older events and could not
 * be written. `late` goes to the disk as soon as it can be written, before anything newer does.
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
/** How many events of memory one new event takes to the disk before it. */
const MOVED_BY_ONE = 16;
/** How many go with each look at the disk; the process does nothing else meanwhile. */
const MOVED_AT_ONCE = 1000;

export class EventQueue {
  private readonly held: HeldEvents;
  private readonly disk: QueueDisk | undefined;
  private readonly adopted: AdoptedEvents;
  /** Whether memory was full, and new events go to the disk until it is drained. */
  private isSpilling: boolean;
  /** Whether the end is near, and everything goes to the disk. */
  private isPersisting = false;
  /** Without an order to keep, adopted events and our own are taken in turns. */
  private isTurnOfAdopted = false;

  constructor(
    private readonly settings: DeliverySettings,
    store: RecordStore | undefined,
    private readonly reports: QueueReports,
  ) {
    this.held = new HeldEvents(settings);
    const { onDropped, onDiskFailed, onDiskMended } = reports;
    const ofDisk = { onLost: onDropped, onDiskFailed, onDiskMended };
    this.adopted = new AdoptedEvents(ofDisk);
    this.disk =
      store &&
      new QueueDisk(store, settings, ofDisk, (events) => {
        onDropped('queue-full', events);
      });
    this.isSpilling = this.disk !== undefined && this.disk.waiting > 0;
  }

  /** Those that are not under way. */
  get waiting(): number {
    return this.held.waiting + (this.disk?.waiting ?? 0) + this.adopted.waiting;
  }

  get waitingBytes(): number {
    return this.held.waitingBytes;
  }

  /** Whether events that come now go to the disk. */
  get isOnDisk(): boolean {
    return this.settings.durable || this.isSpilling || this.isPersisting;
  }

  /** Whether that is so for want of room in memory, and ends once the disk is drained. */
  get isOverflowing(): boolean {
    return !this.settings.durable && this.isSpilling;
  }

  /** Whether the disk could not be used when it was last tried. */
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
   * Takes an event, to memory or to the disk.
   * @param now milliseconds of `performance.now()`
   * @param isLent whether it must be taken: no other is dropped for it, and `isFull` was asked before
   * @returns undefined if there is no room for it; `entry` is undefined for what is on disk alone
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
   * Puts a dead letter in again. Where there is a disk it goes to the disk, and would be found there after a kill when this
   * returns: it came from there.
   * @returns whether there was room
   */
  putAgain(entry: QueuedEvent): boolean {
    const { disk, held } = this;
    if (disk !== undefined) return this.putOnDisk(disk, entry.record(), 'kept') === true && disk.flush();
    if (!held.hasRoomFor(entry.bytes)) return false;
    held.hold(entry, held.early);
    return true;
  }

  /** The oldest ones, at most of the given number and size, but one if there is one that can be read. */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const isAdoptedFirst = this.settings.ordered || (this.isTurnOfAdopted = !this.isTurnOfAdopted);
    const first = isAdoptedFirst ? this.adopted.take(maxEvents, maxBytes) : this.takeOwn(maxEvents, maxBytes);
    if (first.length > 0) return first;
    return isAdoptedFirst ? this.takeOwn(maxEvents, maxBytes) : this.adopted.take(maxEvents, maxBytes);
  }

  /** Whether nothing more should come: what does all the same is refused, dropped by `whenFull`, or beyond the bounds. */
  get isFull(): boolean {
    const { held, disk } = this;
    return held.isFull && (disk === undefined || disk.isFull || disk.condition.isFailing);
  }

  /** Writes what is gathered. @returns whether all that was put on disk would be found there after a kill */
  flush(): boolean {
    return this.disk?.flush() ?? true;
  }

  /**
   * Looks after the disk: files that were removed, writing that failed, events that are in memory and belong on it. To be called
   * about once a second.
   * @param underWay the events that were taken and not settled, the oldest first
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

  /** Done for good. */
  settle(entries: readonly QueuedEvent[]): void {
    for (const entry of entries) if (entry.stored === undefined) this.held.letGo(entry);
    for (const source of this.sources()) source.settle(entries);
    this.endSpilling();
    this.adopted.closeEmpty();
  }

  /** Takes over what another process left. @returns how many events */
  adopt(store: RecordStore): number {
    this.adopted.add(store);
    return store.count;
  }

  /**
   * Writes to the disk, if there is one, what is in memory alone, before all that is there; from now on all that comes goes
   * there too. The events stay in memory as well, and are sent from it.
   * @param underWay the events that were taken and not settled, the oldest first
   */
  persist(underWay: readonly QueuedEvent[]): void {
    if (this.disk === undefined) return;
    this.isPersisting = true;
    this.disk.writeFirst(this.held, underWay);
    if (!this.disk.condition.isFailing) this.moveLate(this.disk, Infinity);
  }

  /** At the end: puts all that is held, and what was under way, on disk. @returns how many found no room there, and went back to where they came from */
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

  /** Writes what is gathered. @returns how many events that costs, since the disk does not take them */
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
    // Older ones that cannot be read for now hold up those behind them only where the order counts.
    return settings.ordered && disk !== undefined && disk.waiting > 0 ? [] : late.take(maxEvents, maxBytes);
  }

  /** Once nothing waits on disk any more, and memory has room, events are held in memory again. */
  private endSpilling(): void {
    if (this.disk === undefined || this.disk.waiting > 0 || this.settings.durable || this.isPersisting) return;
    this.held.mergeLate();
    if (!this.isSpilling || this.held.isFull) return;
    this.isSpilling = false;
    this.reports.onDiskDrained();
  }

  /** @returns whether there is room in memory, be it by dropping what is older */
  private makeRoom(bytes: number): boolean {
    while (!this.held.hasRoomFor(bytes)) {
      // Undefined if all is under way.
      const oldest = this.settings.whenFull === 'drop-oldest' ? this.held.takeOldest() : undefined;
      if (oldest === undefined) return false;
      oldest.tell('dropped');
      this.reports.onDropped('queue-full', 1);
    }
    return true;
  }

  /** Moves events that came while the disk could not be written. @returns whether none are left */
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
        held.early.push(entry); // it must not keep the others from the disk
        continue;
      }
      held.letGo(entry);
      if (isAwaited) entry.tell(disk.flush() ? 'stored' : 'pending');
    }
    return held.late.count === 0;
  }

  /** @returns 'unwritable' for an event that has no record, which is reported */
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
      this.isSpilling = true; // those that come now follow it, or they would always be sent before it
      if (purpose !== 'kept') this.reports.onDiskBegun();
    }
    return stored;
  }
}
