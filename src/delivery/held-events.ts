import { MemoryQueue } from './memory-queue';
import type { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

/**
 * The events of one destination that are in memory alone, within the bounds of memory: those that wait, and those under way.
 * `early` holds events older than all on disk, `late` newer ones.
 */
export class HeldEvents {
  readonly early = new MemoryQueue();
  readonly late = new MemoryQueue();
  private events = 0;
  private bytes = 0;

  constructor(private readonly settings: Pick<DeliverySettings, 'maxEvents' | 'maxBytes'>) {}

  /** Those that are not under way. */
  get waiting(): number {
    return this.early.count + this.late.count;
  }

  get waitingBytes(): number {
    return this.early.bytes + this.late.bytes;
  }

  get isFull(): boolean {
    const { maxEvents, maxBytes } = this.settings;
    return this.events >= maxEvents || this.bytes >= maxBytes;
  }

  hasRoomFor(bytes: number): boolean {
    const { maxEvents, maxBytes } = this.settings;
    // One that is larger than all the room there may be still passes, alone.
    return this.events < maxEvents && (this.events === 0 || this.bytes + bytes <= maxBytes);
  }

  hold(entry: QueuedEvent, queue: MemoryQueue): void {
    this.events++;
    this.bytes += entry.bytes;
    queue.push(entry);
  }

  /** Says that an event is not in memory alone any more: it is on disk too, or done. */
  letGo({ bytes }: QueuedEvent): void {
    this.events--;
    this.bytes -= bytes;
  }

  /** Takes the oldest one out. @returns undefined if all are under way, or on disk too */
  takeOldest(): QueuedEvent | undefined {
    const queue = this.early.count > 0 ? this.early : this.late;
    const [oldest] = queue.oldest?.stored === undefined ? queue.take(1, Infinity) : [];
    if (oldest !== undefined) this.letGo(oldest);
    return oldest;
  }

  /** Once nothing is on disk any more, there is no difference. */
  mergeLate(): void {
    for (const entry of this.late.take(Infinity, Infinity)) this.early.push(entry);
  }

  /** The events of `early`, which stay there. */
  listEarly(): QueuedEvent[] {
    const entries = this.early.take(Infinity, Infinity);
    for (const entry of entries) this.early.push(entry);
    return entries;
  }
}
