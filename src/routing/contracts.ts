import type { OutcomeClaim } from '../delivery/outcome-claim';
import type { DeliveryCounts } from '../ledger/counts';
import type { DropReason } from '../ledger/reasons';
import type { Envelope } from '../event/envelope';
import type { Notices } from '../common/notices';
import type { TrackingEvent } from '../event/tracking-event';

/**
 * Result of a processor. undefined keeps the event, with the changes that the processor made to it.
 * null drops the event for this node. An event replaces the original. `data` and `context` may be
 * any object, including an instance of a class: they are normalized afterwards.
 */
export type ProcessorResult =
  | { readonly name: string; readonly timestamp: Date; readonly context: object; readonly data: object }
  | null
  | undefined
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- may return nothing
  | void;

/**
 * Synchronous function that takes an event and returns it, a replacement, or null. It may throw
 * `EventEmissionExit` to drop the event.
 */
export type Processor = (event: TrackingEvent) => ProcessorResult;

/** Class form of a processor. Nest builds it and injects its constructor parameters. */
export interface EventProcessor {
  process(event: TrackingEvent): ProcessorResult;
}

/**
 * Receives events synchronously, one at a time. An error that it throws is logged and counted; the
 * other backends still get the event.
 *
 * Its class may have a `static idle(): Backend`. The returned instance opens nothing. Nest injects
 * it where the backend is injected while tracking is switched off.
 */
export interface Backend {
  send(event: TrackingEvent): void;
}

/**
 * Shipped processor that decides by the event name alone, so a dropped event does not have to be
 * created.
 */
export interface NameFilter extends EventProcessor {
  keepsName(name: string): boolean;
}

/**
 * Shipped processor. It receives the envelope that all branches share, and changes neither the
 * envelope nor its event. Its result is already in normal form and is not traversed again.
 */
export interface EnvelopeProcessor extends EventProcessor {
  /** Returns the same envelope, another version of it, or the reason to drop the event. */
  processEnvelope(envelope: Envelope): Envelope | DropReason;
  /**
   * True if a failed event must not continue, because the processor may guard privacy:
   * `onError: 'skip'` then means 'drop'.
   */
  readonly failsClosed: boolean;
  /** True if it runs application code, which may emit events or be slow. */
  readonly callsApplication: boolean;
}

/**
 * Processor that waits, for example for a lookup over the network. It needs a queue before it, so
 * it is allowed only in an AsyncRoutingBackend; anywhere else it is an error at start. The method
 * is called `processAsync` so that neither the compiler nor a reader takes the class for an
 * EventProcessor, whose promise no one would await.
 */
export interface AsyncProcessor {
  /** @param signal aborted when the processor times out, or at shutdown */
  processAsync(event: TrackingEvent, signal: AbortSignal): Promise<ProcessorResult>;
}

/**
 * Backend of this package that shares one serialized event with its siblings. How it receives
 * events is internal.
 */
export interface BuiltInBackend {
  readonly isBuiltIn: true;
}

/** Shipped backend. It shares the envelope and its serialized form, and never changes the event. */
export interface EnvelopeBackend {
  /**
   * Accepts the event, or returns the reason for the drop.
   * @param claim present if the caller wants to know the outcome. If the event is accepted,
   *   `onOutcome` is called once, inside `accept` or later. If the caller retains the event, it
   *   must not be refused for lack of capacity.
   * @returns undefined if the event was accepted
   */
  accept(envelope: Envelope, claim?: OutcomeClaim): DropReason | undefined;
  /** False while a caller that keeps its events safely elsewhere should wait with more of them. */
  readonly takesMore?: boolean;
  /** Resolves when `takesMore` is true. */
  whenTakesMore?(): Promise<void>;
  /**
   * Resolves when every event accepted before the call is written, or cannot be written for now.
   */
  flush?(): Promise<void>;
  /**
   * Called at shutdown. Flushes within `timeoutMs`, then releases all resources. Events that remain
   * are counted as dropped.
   */
  drain?(timeoutMs: number): Promise<void>;
  /**
   * Called when shutdown begins. Writes the events held in memory to disk, if the backend has a
   * disk, and from then on each new event too.
   */
  persist?(): void;
  /** Called at process exit, where only synchronous work still completes. */
  flushSync?(): void;
  delivery?(): DeliveryCounts | undefined;
  /** Receives the place of the backend in the configuration, and where to log for the operator. */
  attach?(place: string, notices: Notices): void;
  /** True if `accept` runs application code, which may emit events. */
  readonly callsApplication?: boolean;
  /** True if events may be lost when the process ends without closing the application. */
  readonly holdsEvents?: boolean;
  /**
   * Option that makes the backend hold no events, as the fix shows it: `sync: true for the
   * LoggerBackend`.
   */
  readonly optionToHoldNone?: string;
}
