import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Envelope } from '../../event/envelope';
import type { StoredEvent } from '../../event/tracking-event';
import type { EnvelopeBackend } from '../../routing/contracts';
import { NODE_OPTIONS } from '../../routing/tokens';
import { showValue, TrackingConfigException } from '../../common/tracking-config.exception';

export interface MemoryBackendOptions {
  /**
   * Number of events that are kept. Older ones are removed and counted in `evicted`.
   * @default 1000
   */
  readonly maxEvents?: number | undefined;
}

/**
 * Keeps the latest events in memory, for tests and for a look at recent events.
 * @throws TrackingConfigException if its options are invalid
 */
@Injectable()
export class MemoryBackend implements EnvelopeBackend {
  private readonly maxEvents: number;
  /** Ring buffer once it is full: `oldest` is the index of the next write. */
  private readonly kept: Envelope[] = [];
  private oldest = 0;
  private evictions = 0;
  private readonly watchers = new Set<(event: StoredEvent) => void>();

  constructor(@Optional() @Inject(NODE_OPTIONS) options: MemoryBackendOptions = {}) {
    const { maxEvents = 1000 } = options;
    if (!Number.isInteger(maxEvents) || maxEvents < 1) {
      throw TrackingConfigException.create([
        {
          path: 'MemoryBackend',
          what: `maxEvents is ${showValue(maxEvents)}; it has to be a whole number from 1 up.`,
          fix: 'leave it out (1000), or backend(MemoryBackend, { maxEvents: 100 })',
        },
      ]);
    }
    this.maxEvents = maxEvents;
  }

  static idle(): MemoryBackend {
    return new MemoryBackend();
  }

  accept(envelope: Envelope): undefined {
    const held = envelope.hold();
    if (this.kept.length < this.maxEvents) this.kept.push(held);
    else {
      this.kept[this.oldest] = held;
      this.oldest = (this.oldest + 1) % this.maxEvents;
      this.evictions++;
    }
    if (this.watchers.size > 0) for (const watcher of this.watchers) this.tell(watcher, held);
  }

  /**
   * Calls `watcher` with a copy of each event as soon as it is kept, inside `emit`. An error that
   * it throws is ignored.
   * @returns a function that stops the calls
   */
  watch(watcher: (event: StoredEvent) => void): () => void {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  }

  /** Number of events that were removed in favor of newer ones. */
  get evicted(): number {
    return this.evictions;
  }

  /**
   * Returns copies of the kept events, oldest first.
   * @param name returns only events of this name
   */
  events(name?: string): StoredEvent[] {
    const inOrder = [...this.kept.slice(this.oldest), ...this.kept.slice(0, this.oldest)];
    return inOrder
      .filter((envelope) => name === undefined || envelope.name === name)
      .map((envelope) => envelope.stored());
  }

  /** Returns a copy of the latest event, or of the latest event of that name. */
  last(name?: string): StoredEvent | undefined {
    return this.events(name).at(-1);
  }

  /** Removes all events. `evicted` is not reset. */
  clear(): void {
    this.kept.length = 0;
    this.oldest = 0;
  }

  private tell(watcher: (event: StoredEvent) => void, held: Envelope): void {
    try {
      watcher(held.stored());
    } catch {
      // The event is kept: a failed watcher must not make it count as lost.
    }
  }
}
