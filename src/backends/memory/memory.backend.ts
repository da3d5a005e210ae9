import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OutcomeClaim } from '../../delivery/outcome-claim';
import type { Envelope } from '../../event/envelope';
import type { IdentifiedEvent } from '../../event/tracking-event';
import type { BuiltInBackend } from '../../routing/contracts';
import { NODE_OPTIONS } from '../../routing/tokens';
import type { OptionRules } from '../../common/option-place';
import { number } from '../../common/option-rules';
import { backendOptionChecker } from '../../routing/backend-options';

export interface MemoryBackendOptions {
  /**
   * Number of events that are kept. Older ones are removed and counted in `evicted`.
   * @default 1000
   */
  readonly maxEvents?: number | undefined;
}

const RULES: OptionRules<MemoryBackendOptions> = {
  maxEvents: number(
    { min: 1, isWhole: true },
    { fix: 'leave it out (1000), or backend(MemoryBackend, { maxEvents: 100 })' },
  ),
};

/**
 * Keeps the latest events in memory, for tests and for a look at recent events.
 * @throws TrackingConfigException if its options are invalid
 */
@Injectable()
export class MemoryBackend implements BuiltInBackend {
  readonly isBuiltIn = true;
  private readonly maxEvents: number;
  /** Ring buffer once it is full: `oldest` is the index of the next write. */
  private readonly kept: Envelope[] = [];
  private oldest = 0;
  private evictions = 0;
  private readonly watchers = new Set<(event: IdentifiedEvent) => void>();

  constructor(@Optional() @Inject(NODE_OPTIONS) options: MemoryBackendOptions = {}) {
    const check = backendOptionChecker('MemoryBackend', 'backend(MemoryBackend, { maxEvents: 100 })');
    const { maxEvents = 1000 } = check.read(options, RULES);
    check.throwIfAny();
    this.maxEvents = maxEvents;
  }

  static idle(): MemoryBackend {
    return new MemoryBackend();
  }

  /** @internal */
  accept(envelope: Envelope, claim?: OutcomeClaim): undefined {
    const held = envelope.hold();
    if (this.kept.length < this.maxEvents) this.kept.push(held);
    else {
      this.kept[this.oldest] = held;
      this.oldest = (this.oldest + 1) % this.maxEvents;
      this.evictions++;
    }
    if (this.watchers.size > 0) for (const watcher of this.watchers) this.tell(watcher, held);
    claim?.onOutcome('delivered');
  }

  /**
   * Calls `watcher` with a copy of each event as soon as it is kept, inside `emit`. An error that
   * it throws is ignored.
   * @returns a function that stops the calls
   */
  watch(watcher: (event: IdentifiedEvent) => void): () => void {
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
  events(name?: string): IdentifiedEvent[] {
    const inOrder = [...this.kept.slice(this.oldest), ...this.kept.slice(0, this.oldest)];
    return inOrder
      .filter((envelope) => name === undefined || envelope.name === name)
      .map((envelope) => envelope.stored());
  }

  /** Returns a copy of the latest event, or of the latest event of that name. */
  last(name?: string): IdentifiedEvent | undefined {
    return this.events(name).at(-1);
  }

  /** Removes all events. `evicted` is not reset. */
  clear(): void {
    this.kept.length = 0;
    this.oldest = 0;
  }

  private tell(watcher: (event: IdentifiedEvent) => void, held: Envelope): void {
    try {
      watcher(held.stored());
    } catch {
      // The event is kept: a failed watcher must not make it count as lost.
    }
  }
}
