import type { Refusal } from '../catalog/event-inspector';
import type { Envelope } from '../event/envelope';
import type { EmitConfirmation } from './emit-confirmation';

/** An event that waits for the end of its transaction. */
export interface HeldEvent {
  readonly envelope: Envelope;
  readonly confirmation: EmitConfirmation | undefined;
  readonly refusal: Refusal | undefined;
  /** Lets the caller's confirmation end; called when the event was sent or dropped. */
  readonly release: (() => void) | undefined;
  /** Position among all emitted events, so that events of nested transactions keep their order. */
  readonly order: number;
  readonly bytes: number;
  /** True once it is in the outbox.  @default false */
  isStored?: boolean;
}

/** Number and size of the events that a transaction and those nested in it hold. */
export interface HeldSize {
  events: number;
  bytes: number;
}

/**
 * Holds the events that are emitted in one transaction.
 *
 * States: `open` (events are held) -> `committed` (its events were sent, or belong to the
 * transaction around it) or `rolled-back` (its events were dropped). `end` moves it. A transaction
 * that has ended holds no events.
 */
export class HeldTransaction {
  state: 'open' | 'committed' | 'rolled-back' = 'open';
  /** Size of what the outermost transaction holds, shared by all transactions nested in it. */
  readonly size: HeldSize;
  /** True if an event was dropped because the transaction held too many. */
  isIncomplete = false;
  private events: HeldEvent[] = [];

  /** True if its events are stored in an outbox, by itself or by a transaction around it. */
  readonly isInOutbox: boolean;

  /**
   * @param outer open transaction in which this one is a savepoint
   * @param hasOutbox true if it has an outbox of its own
   */
  constructor(
    readonly outer: HeldTransaction | undefined,
    hasOutbox = false,
  ) {
    this.size = outer?.size ?? { events: 0, bytes: 0 };
    this.isInOutbox = hasOutbox || outer?.isInOutbox === true;
  }

  /** Returns the innermost transaction, from this one outwards, that has not ended. */
  nearestOpen(): HeldTransaction | undefined {
    return this.state === 'open' ? this : this.outer?.nearestOpen();
  }

  /** True if a transaction around this one has ended with a rollback. */
  isLostOutside(): boolean {
    const { outer } = this;
    if (outer === undefined || outer.state === 'open') return false;
    return outer.state === 'rolled-back' || outer.isLostOutside();
  }

  add(event: HeldEvent): void {
    this.events.push(event);
    this.size.events++;
    this.size.bytes += event.bytes;
  }

  /** Takes over the events of a nested transaction, whose size is included already. */
  adopt(events: readonly HeldEvent[]): void {
    // One push per event: an argument list of 10,000 events could exceed the stack.
    for (const event of events) this.events.push(event);
  }

  /** Returns, in order, the events that may be stored in an outbox and are not. */
  unstored(): HeldEvent[] {
    return this.sorted().filter(({ isStored, refusal }) => isStored !== true && refusal === undefined);
  }

  /** Returns the events in the order of their emits, and holds none of them any more. */
  takeAll(): HeldEvent[] {
    const events = this.sorted();
    this.events = [];
    return events;
  }

  /** Subtracts events that are no longer held. */
  forget(events: readonly HeldEvent[]): void {
    this.size.events -= events.length;
    for (const { bytes } of events) this.size.bytes -= bytes;
  }

  private sorted(): HeldEvent[] {
    return this.events.sort((one, other) => one.order - other.order);
  }

  /** Ends the transaction, and returns its events in order. */
  end(state: 'committed' | 'rolled-back'): HeldEvent[] {
    this.state = state;
    return this.takeAll();
  }
}
