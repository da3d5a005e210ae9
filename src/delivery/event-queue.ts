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
import { DiskSpill } from './disk-spill';
import { HeldEvents } from './held-events';
import type { OutcomeClaim } from './outcome-claim';
import { QueueDisk } from './queue-disk';
import type { QueueReports } from './queue-reports';
import { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

/** Where an accepted event is: only on disk, or in memory. */
export type Place = 'stored' | 'held';

export class EventQueue {
  private readonly held: HeldEvents;
  private readonly disk: QueueDisk | undefined;
  private readonly spill: DiskSpill | undefined;
  private readonly adopted: AdoptedEvents;
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
    this.spill = this.disk && new DiskSpill(this.disk, this.held, settings, reports);
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
    return this.settings.durable || this.spill?.isOnDisk === true;
  }

  /**
   * True while new events go to the disk because memory was full. Ends when the disk is drained.
   */
  get isOverflowing(): boolean {
    return this.spill?.isOverflowing === true;
  }

  /** The events on disk, and whether the last use of the disk failed. */
  get onDisk(): { readonly count: number; readonly bytes: number; readonly isFailing: boolean } {
    let [count, bytes, isFailing] = [0, 0, false];
    for (const source of this.sources()) {
      count += source.count;
      bytes += source.bytes;
      isFailing ||= source.condition.isFailing;
    }
    return { count, bytes, isFailing };
  }

  /**
   * Accepts an event, into memory or to the disk.
   * @param now milliseconds of `performance.now()`
   * @param claim told the outcome later if the event is held. An event that its caller retains is
   * accepted beyond the limits, and no other event is dropped for it.
   * @returns undefined if there is no capacity
   */
  put(envelope: Envelope, now: number, claim?: OutcomeClaim): Place | undefined {
    const isRetained = claim?.isRetained === true;
    const { disk, spill, held } = this;
    const isForDisk = spill !== undefined && (spill.isOnDisk || !held.hasRoomFor(envelope.estimatedLength()));
    if (isForDisk && disk !== undefined && spill.makeWay()) {
      const record = writeRecord(envelope, { acceptedAt: disk.stamp(now), ...originFacts(envelope) });
      const stored = spill.put(record, isRetained ? 'retained' : 'new');
      if (stored === true) return 'stored';
      if ((stored === false || stored === 'too-large') && !isRetained) return undefined;
    }
    const entry = QueuedEvent.of(envelope, now);
    if (!isRetained && !this.makeRoom(entry.bytes)) return undefined;
    entry.claim = claim;
    held.hold(entry, isForDisk && spill.isOnDisk ? held.late : held.early);
    return 'held';
  }

  /**
   * Puts a dead letter into the queue again. With a disk it goes there and survives a kill once
   * this returns, because it came from the disk.
   * @returns true if the queue had capacity for it; false if nothing was added
   */
  putAgain(entry: QueuedEvent): boolean {
    const { disk, spill, held } = this;
    // The files are checked first. After the write, a check that fails would leave the event both
    // in the queue, where no counter has it, and in the dead letters.
    if (disk !== undefined) return disk.flush() && spill?.put(entry.record(), 'kept') === true;
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
    this.spill?.catchUp(underWay);
    this.spill?.endIfDrained();
  }

  /** Removes settled events for good. */
  settle(entries: readonly QueuedEvent[]): void {
    for (const entry of entries) if (entry.stored === undefined) this.held.letGo(entry);
    for (const source of this.sources()) source.settle(entries);
    this.spill?.endIfDrained();
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
    this.spill?.persist(underWay);
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
      const stored = this.spill?.putEntry(entry, 'kept') ?? false;
      if (stored === true || stored === 'unwritable') continue;
      const { isRetained } = entry;
      if (isRetained) returned++;
      else left++;
      entry.tell(isRetained ? 'returned' : 'dropped');
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
}
