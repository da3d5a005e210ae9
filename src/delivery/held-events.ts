import { MemoryQueue } from './memory-queue';
import type { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

/**
 * The events of one destination that are only in memory, within the limits of memory: waiting
 * events and events being sent. `early` holds events older than all on disk, `late` newer ones.
 */
export class HeldEvents {
  readonly early = new MemoryQueue();
  readonly late = new MemoryQueue();
  private events = 0;
  private bytes = 0;

  constructor(private readonly settings: Pick<DeliverySettings, 'maxEvents' | 'maxBytes'>) {}

  /** Number of events that are not being sent. */
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
    // An event that is larger than the whole capacity is still accepted, if it is alone.
    return this.events < maxEvents && (this.events === 0 || this.bytes + bytes <= maxBytes);
  }

  hold(entry: QueuedEvent, queue: MemoryQueue): void {
    this.events++;
    this.bytes += entry.bytes;
    queue.push(entry);
  }

  /** Records that an event is not only in memory any more: it is also on disk, or settled. */
  letGo({ bytes }: QueuedEvent): void {
    this.events--;
    this.bytes -= bytes;
  }

  /**
   * Takes the oldest event out.
   * @returns undefined if all are being sent, or if the oldest one is also on disk
   */
  takeOldest(): QueuedEvent | undefined {
    const queue = this.early.count > 0 ? this.early : this.late;
    const [oldest] = queue.oldest?.stored === undefined ? queue.take(1, Infinity) : [];
    if (oldest !== undefined) this.letGo(oldest);
    return oldest;
  }

  /** Moves `late` to `early`, because the order is the same once no event is on disk. */
  mergeLate(): void {
    for (const entry of this.late.take(Infinity, Infinity)) this.early.push(entry);
  }

  /** Returns the events of `early`, which stay there. */
  listEarly(): QueuedEvent[] {
    const entries = this.early.take(Infinity, Infinity);
    for (const entry of entries) this.early.push(entry);
    return entries;
  }
}
