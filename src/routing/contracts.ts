import type { DeliveryCounts } from '../ledger/counts';
import type { DropReason } from '../ledger/reasons';
import type { Envelope } from '../event/envelope';
import type { Notices } from '../common/notices';
import type { TrackingEvent } from '../event/tracking-event';
import type { EventOutcome } from './confirmation';

/**
 * What a processor gives back: nothing keeps the event, changes made to it included; null drops it for this node; an event
 * replaces it. `data` and `context` may be any object, an instance of a class too: it is brought to normal form.
 */
export type ProcessorResult =
  | { readonly name: string; readonly timestamp: Date; readonly context: object; readonly data: object }
  | null
  | undefined
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a function that returns nothing is a processor
  | void;

/** Takes an event and returns it, a replacement, or null. Synchronous. It may throw `EventEmissionExit` to drop the event. */
export type Processor = (event: TrackingEvent) => ProcessorResult;

/** The class form of a processor, built by Nest with whatever its constructor asks for. */
export interface EventProcessor {
  process(event: TrackingEvent): ProcessorResult;
}

/**
 * Receives events, one at a time, synchronously. An error it throws is logged and counted; the other backends go on.
 *
 * Its class may have a `static idle(): Backend`: an instance that opens nothing, for whoever injects the backend while
 * tracking is switched off.
 */
export interface Backend {
  send(event: TrackingEvent): void;
}

/** A shipped processor that looks at nothing but the name, so the event need not even be made. */
export interface NameFilter extends EventProcessor {
  keepsName(name: string): boolean;
}

/**
 * A shipped processor: it is given the envelope that all branches share, and changes neither it nor its event. What it gives
 * back is in normal form and is not walked again.
 */
export interface EnvelopeProcessor extends EventProcessor {
  /** The envelope itself, another version of it, or why the event goes no further. */
  processEnvelope(envelope: Envelope): Envelope | DropReason;
  /** Whether a failure holds the event back whatever `onError` says: what it guards may be privacy. */
  readonly failsClosed: boolean;
  /** Whether it runs code of the application, which may itself emit, or take its time. */
  readonly callsApplication: boolean;
}

/**
 * A processor that has to wait: for a lookup over the network, say. It needs a queue before it, so it can stand only in an
 * AsyncRoutingBackend; anywhere else it is refused at start. The method has a name of its own, so that neither the compiler nor
 * a reader takes it for an EventProcessor whose promise nobody would await.
 */
export interface AsyncProcessor {
  /** @param signal aborted when its time is up, or at shutdown */
  processAsync(event: TrackingEvent, signal: AbortSignal): Promise<ProcessorResult>;
}

/** A shipped backend: shares the envelope and its text, and never changes the event. */
export interface EnvelopeBackend {
  /**
   * Takes the event, or says why not.
   * @param isLent whether whoever gives it asked for room before: then it must not be refused for want of it
   */
  accept(envelope: Envelope, isLent?: boolean): DropReason | undefined;
  /**
   * Asked right after `accept`: resolves with where the event has got to; rejects if it could not be written.
   * @param isLent whether whoever asks has the event still, and takes it back ('returned') if it cannot be sent before the end
   */
  confirm?(isLent?: boolean): Promise<EventOutcome | 'returned'>;
  /** The same for whoever has the event still, without a promise. @param tell called once, now or later */
  lend?(tell: (outcome: EventOutcome | 'returned') => void): void;
  /** For whoever has events elsewhere, where they are safe: whether more are welcome now. */
  readonly takesMore?: boolean;
  /** Resolves when more are. */
  whenTakesMore?(): Promise<void>;
  /** Resolves when all that was accepted before is written, or cannot be for now. */
  flush?(): Promise<void>;
  /** At shutdown: `flush` within `timeoutMs`, then let go of everything; what is left is counted as dropped. */
  drain?(timeoutMs: number): Promise<void>;
  /** When the end has begun: puts on disk what is held in memory, if there is a disk, and what comes from now on. */
  persist?(): void;
  /** At process exit, where only synchronous work is still done. */
  flushSync?(): void;
  delivery?(): DeliveryCounts | undefined;
  /** Told where it stands, and where to say what the operator should know. */
  attach?(place: string, notices: Notices): void;
  /** Whether `accept` runs code of the application, which may itself emit. */
  readonly callsApplication?: boolean;
  /** Whether events may be lost if the process ends without the application being closed. */
  readonly holdsEvents?: boolean;
  /** The option with which it holds none, as one reads it in a fix: `sync: true for the LoggerBackend`. */
  readonly optionToHoldNone?: string;
}
