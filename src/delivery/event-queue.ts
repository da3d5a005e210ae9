/**
 * Memory that grows while a destination is down ends the process, and with it every event that waited. So memory is bounded,
 * and what it cannot hold goes on on disk; with `durable` all of it does. Events come out in the order in which they went in:
 * once one is on disk those after it follow it there until nothing waits on disk any more.
 */
import type { Envelope } from '../event/envelope';
import { originFacts, writeRecord } from '../event/event-record';
import { DiskSource } from './disk-source';
import { MemoryQueue } from './memory-queue';
import type { QueueReports } from './queue-reports';
import { StoreWriteException } from './disk/store-write.exception';
import { QueuedEvent } from './queued-event';
import type { RecordStore } from './disk/record-store';
import type { DeliverySettings } from './resolve-options';

export type Taken = { readonly entry: QueuedEvent | undefined; readonly isStored: boolean };

const STORED: Taken = { entry: undefined, isStored: true };

export class EventQueue {
  private readonly memory = new MemoryQueue();
  private readonly disk: DiskSource | undefined;
  /** Those of processes that have ended, oldest first. */
  private adopted: DiskSource[] = [];
  /** In memory, or under way and not on disk. */
  private heldEvents = 0;
  private heldBytes = 0;
  private isSpilling = false;
  /** Whether the disk had no room when it was last asked for some. */
  private isDiskFull = false;
  /** What could not be done with the disk when it was last tried. */
  private readonly failing = new Set<'read' | 'write'>();

  constructor(
    private readonly settings: DeliverySettings,
    store: RecordStore | undefined,
    private readonly reports: QueueReports,
  ) {
    this.disk = store === undefined ? undefined : this.source(store);
    this.isSpilling = this.disk !== undefined && this.disk.waiting > 0;
  }

  /** Those that nobody has taken. */
  get waiting(): number {
    return this.memory.count + this.waitingOnDisk;
  }

  get waitingBytes(): number {
    return this.memory.bytes;
  }

  /** Whether events that come now go to the disk. */
  get isOnDisk(): boolean {
    return this.settings.durable || this.isSpilling;
  }

  /** Whether that is so for want of room in memory, and ends once the disk is drained. */
  get isOverflowing(): boolean {
    return !this.settings.durable && this.isSpilling;
  }

  /** Whether the disk could not be used when it was last tried. */
  get isDiskFailing(): boolean {
    return this.failing.size > 0;
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
    const { disk, settings } = this;
    if (disk !== undefined && (settings.durable || this.isSpilling || !this.hasRoom(envelope.estimatedLength()))) {
      const record = writeRecord(envelope, { acceptedAt: disk.stamp(now), ...originFacts(envelope) });
      const stored = this.putOnDisk(disk, record, isLent ? 'lent' : undefined);
      if (stored === true) return STORED;
      if (stored === false && !isLent) return undefined;
    }
    const entry = QueuedEvent.of(envelope, now);
    if (!isLent && !this.hasRoom(entry.bytes) && !this.makeRoom(entry.bytes)) return undefined;
    this.hold(entry);
    return { entry, isStored: false };
  }

  /**
   * Puts a dead letter in again. Where there is a disk it goes to the disk, and is written when this returns: it came from
   * there, and a kill between must not cost it.
   * @returns whether there was room
   */
  putAgain(entry: QueuedEvent): boolean {
    const { disk } = this;
    if (disk !== undefined) return this.putOnDisk(disk, entry.record(), 'written') === true;
    if (!this.hasRoom(entry.bytes)) return false;
    this.hold(entry);
    return true;
  }

  /** The oldest ones, at most of the given number and size, but one if there is one that can be read. */
  take(maxEvents: number, maxBytes: number): QueuedEvent[] {
    const gone = this.disk?.gone;
    const held = this.memory.take(maxEvents, maxBytes, gone);
    if (held.length > 0) return held;
    // While the disk was full, or failed, events went to memory: those that are on disk before them go first, and no others.
    const before = (this.memory.oldest?.diskRecordsBefore ?? Infinity) - (gone ?? 0);
    for (const source of this.sources()) {
      const most = source === this.disk ? Math.min(maxEvents, before) : maxEvents;
      for (let waiting = source.waiting; waiting > 0; waiting = source.waiting) {
        const taken = this.tryTake(source, most, maxBytes);
        if (taken.length > 0) return taken;
        if (source.waiting === waiting) break; // it cannot be read for now
      }
    }
    // What is on a disk that cannot be read holds up nothing but an order that was asked for.
    return this.settings.ordered ? [] : this.memory.take(maxEvents, maxBytes);
  }

  /** Whether nothing more should come: what does all the same is refused, dropped by `whenFull`, or beyond the bounds. */
  get isFull(): boolean {
    const { maxEvents, maxBytes } = this.settings;
    if (this.heldEvents < maxEvents && this.heldBytes < maxBytes) return false;
    return this.disk === undefined || this.isDiskFull || this.isDiskFailing;
  }

  /** Writes what is gathered. @returns whether all that was put on disk is there */
  flush(): boolean {
    try {
      this.disk?.flush();
      this.mend('write');
      return true;
    } catch (error) {
      this.fail('write', error as Error);
      return false;
    }
  }

  /** Done for good. */
  settle(entries: readonly QueuedEvent[]): void {
    this.isDiskFull = false;
    this.let(entries, (source, stored) => {
      source.settle(stored);
    });
    if (this.isSpilling && this.waitingOnDisk === 0) {
      this.isSpilling = false;
      this.reports.onDiskDrained();
    }
    for (const source of this.adopted) if (source.count === 0) source.close();
    this.adopted = this.adopted.filter(({ count }) => count > 0);
  }

  /** Takes over what another process left. @returns how many events */
  adopt(store: RecordStore): number {
    this.adopted.push(this.source(store));
    return store.count;
  }

  /** At the end: puts all that is held, and what was under way, on disk. @returns how many found no room there, and went back to where they came from */
  handOver(underWay: readonly QueuedEvent[]): { readonly left: number; readonly returned: number } {
    let [left, returned] = [0, 0];
    const notStored: QueuedEvent[] = [];
    this.let(underWay, (source, stored) => {
      source.release(stored);
    });
    for (const entry of underWay) if (entry.stored === undefined) notStored.push(entry);
    for (const entry of [...notStored, ...this.memory.take(Infinity, Infinity)]) {
      let record: string | undefined;
      try {
        if (this.disk !== undefined) record = entry.record();
      } catch (error) {
        this.reports.onUnwritable(entry, error);
        continue;
      }
      const isStored = this.disk !== undefined && record !== undefined && this.putOnDisk(this.disk, record) === true;
      entry.onSettled?.(isStored ? 'stored' : entry.isLent ? 'returned' : 'dropped');
      if (!isStored && entry.isLent) returned++;
      else if (!isStored) left++;
    }
    this.heldEvents = 0;
    this.heldBytes = 0;
    return { left, returned };
  }

  /** Writes what is gathered. @returns how many events that costs, since the disk does not take them */
  close(): number {
    let lost = 0;
    for (const source of this.sources()) {
      try {
        source.close();
      } catch (error) {
        this.fail('write', error as Error);
        if (error instanceof StoreWriteException) lost += error.records;
      }
    }
    return lost;
  }

  private get waitingOnDisk(): number {
    let waiting = this.disk?.waiting ?? 0;
    for (const source of this.adopted) waiting += source.waiting;
    return waiting;
  }

  private sources(): DiskSource[] {
    return this.disk === undefined ? this.adopted : [this.disk, ...this.adopted];
  }

  private source(store: RecordStore): DiskSource {
    return new DiskSource(store, (events) => {
      this.reports.onDropped('unreadable', events);
    });
  }

  /** Nothing while the disk cannot be read. */
  private tryTake(source: DiskSource, maxEvents: number, maxBytes: number): QueuedEvent[] {
    try {
      const taken = source.take(maxEvents, maxBytes);
      this.mend('read');
      return taken;
    } catch (error) {
      this.fail('read', error as Error);
      return [];
    }
  }

  private fail(what: 'read' | 'write', error: Error): void {
    const wasFailing = this.isDiskFailing;
    this.failing.add(what);
    if (!wasFailing) this.reports.onDiskFailed(error);
  }

  private mend(what: 'read' | 'write'): void {
    if (this.failing.delete(what) && !this.isDiskFailing) this.reports.onDiskMended();
  }

  private hasRoom(bytes: number): boolean {
    const { maxEvents, maxBytes } = this.settings;
    // One that is larger than all the room there may be still passes, alone.
    return this.heldEvents < maxEvents && (this.heldEvents === 0 || this.heldBytes + bytes <= maxBytes);
  }

  private hold(entry: QueuedEvent): void {
    entry.diskRecordsBefore = this.disk?.came ?? 0;
    this.heldEvents++;
    this.heldBytes += entry.bytes;
    this.memory.push(entry);
  }

  private makeRoom(bytes: number): boolean {
    if (this.settings.whenFull === 'drop-newest') return false;
    while (!this.hasRoom(bytes)) {
      const oldest = this.memory.take(1, Infinity);
      if (oldest.length === 0) return false; // all is under way
      this.heldEvents--;
      this.heldBytes -= oldest[0]?.bytes ?? 0;
      oldest[0]?.onSettled?.('dropped');
      this.reports.onDropped('queue-full', 1);
    }
    return true;
  }

  private putOnDisk(disk: DiskSource, record: string, how?: 'written' | 'lent'): boolean | 'failed' {
    // What is only gathered proves nothing of a disk that has failed.
    const flush = this.settings.durable || how === 'written' || this.failing.has('write');
    try {
      let isStored = disk.put(record, flush);
      if (!isStored && this.settings.whenFull === 'drop-oldest' && how !== 'lent') {
        const dropped = disk.dropOldest(Buffer.byteLength(record));
        if (dropped > 0) this.reports.onDropped('queue-full', dropped);
        isStored = disk.put(record, flush);
      }
      this.isDiskFull = !isStored;
      if (isStored && flush) this.mend('write');
      if (isStored && !this.isSpilling && !this.settings.durable) {
        this.isSpilling = true; // those that come now follow it, or they would always be sent before it
        if (how !== 'written') this.reports.onDiskBegun();
      }
      return isStored;
    } catch (error) {
      this.fail('write', error as Error);
      return 'failed';
    }
  }

  private let(entries: readonly QueuedEvent[], go: (source: DiskSource, stored: readonly QueuedEvent[]) => void): void {
    for (const entry of entries) {
      if (entry.stored !== undefined) continue;
      this.heldEvents--;
      this.heldBytes -= entry.bytes;
    }
    for (const source of this.sources()) {
      const stored = entries.filter((entry) => source.holds(entry));
      if (stored.length > 0) go(source, stored);
    }
  }
}
