import type { Refusal } from '../catalog/event-inspector';
import type { Envelope } from '../event/envelope';
import type { DropReason } from '../ledger/reasons';
import type { EmitConfirmation } from './emit-confirmation';

/** Passes an event on; `refusal` is present if the catalog rejected it. */
export type PassEvent = (
  envelope: Envelope,
  confirmation: EmitConfirmation | undefined,
  refusal: Refusal | undefined,
) => void;

/** Counts and logs an event that does not reach the tree. */
export type DropEvent = (
  reason: DropReason,
  eventName: string,
  why: string,
  confirmation: EmitConfirmation | undefined,
) => void;

interface EarlyEvent {
  readonly envelope: Envelope;
  readonly confirmation: EmitConfirmation | undefined;
  /** Lets the caller's confirmation end; called when the event was passed on or dropped. */
  readonly release: (() => void) | undefined;
  readonly refusal: Refusal | undefined;
}

/** Keeps the events that are emitted before the application has started, up to a maximum. */
export class EarlyEvents {
  private events: EarlyEvent[] = [];

  constructor(
    private readonly maxEvents: number,
    private readonly drop: DropEvent,
  ) {}

  get count(): number {
    return this.events.length;
  }

  /** Keeps the event, or drops it if the maximum is reached. */
  keep(envelope: Envelope, confirmation: EmitConfirmation | undefined, refusal: Refusal | undefined): void {
    if (this.events.length >= this.maxEvents) {
      const why = `more than ${String(this.maxEvents)} events were emitted before the application had started`;
      this.drop('not-ready', envelope.name, why, confirmation);
      return;
    }
    this.events.push({ envelope: envelope.hold(), confirmation, release: confirmation?.hold(), refusal });
  }

  /** Passes on the events in the order in which they were emitted, and keeps none. */
  passAll(pass: PassEvent): void {
    for (const { envelope, confirmation, refusal, release } of this.takeAll()) {
      pass(envelope, confirmation, refusal);
      release?.();
    }
  }

  /** Drops the events, because the application closes without having started. */
  dropAll(): void {
    for (const { envelope, confirmation, release } of this.takeAll()) {
      this.drop('not-ready', envelope.name, 'the application closed before it had started', confirmation);
      release?.();
    }
  }

  private takeAll(): EarlyEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}
