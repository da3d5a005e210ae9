import { Envelope } from '../event/envelope';
import type { Normalizer } from '../event/normalizer';
import {
  datesOf,
  originFacts,
  readRecord,
  writeEventRecord,
  writeRecord,
  type DatePath,
  type RecordFacts,
} from '../event/event-record';
import { OWN_FIELDS, timestampMsOf } from '../event/event-version';
import type { IdentifiedEvent } from '../event/tracking-event';
import type { RecordRef, RecordStore, StoredRecord } from '../store/record-store';
import { ageSince } from './epoch-stamps';
import type { Outcome, OutcomeClaim } from './outcome-claim';

/**
 * Failures of an event alone in its batch after which it is suspected. In a batch the cause may be
 * another event, and a single failure may be the network's.
 */
export const FAILURES_OF_SUSPECT = 3;

/** The facts of a record that accompany the event wherever it is sent. */
export type RecordOrigin = Pick<RecordFacts, 'depth' | 'parentId' | 'isRaw'>;

/** The location of a record. */
export interface StoredAt {
  readonly store: RecordStore;
  readonly ref: RecordRef;
}

/** One event on its way to one destination. */
export class QueuedEvent {
  /** Number of failed attempts. Probes of a destination that is down are not counted. */
  attempts = 0;
  /** Number of failed attempts in this process, including probes of a destination. */
  failures = 0;
  /** Number of `failures` in which it was the only event of its batch. */
  failuresAlone = 0;
  /**
   * Time in monotonic milliseconds at which it had failed alone often enough to be suspected;
   * Infinity if it has not.
   */
  suspectedAt = Infinity;
  /** True if it was delivered or became a dead letter. */
  isSettled = false;
  /** Position in the order in which events were taken from the queue; 0 until it is taken. */
  turn = 0;
  firstError: string | undefined;
  lastError: string | undefined;
  lastTriedAt: number | undefined;
  /** The claim of a caller that does not know the outcome yet. */
  claim: OutcomeClaim | undefined;

  private constructor(
    /**
     * Time at which it was accepted, in milliseconds of `performance.now()`; negative if that was
     * before the process started. Ages are counted from here, because the system clock may jump.
     */
    public enteredAt: number,
    private epoch: number | undefined,
    /** Approximate bytes of its JSON text. */
    readonly bytes: number,
    private envelope: Envelope | undefined,
    private read: IdentifiedEvent | undefined,
    private place: StoredAt | undefined,
    /** Origin of an event that was read back. */
    private readonly origin: RecordOrigin = {},
  ) {}

  /**
   * Creates the entry of a new event. Takes all it needs from the caller's data, before `emit`
   * returns.
   * @param now milliseconds of `performance.now()`
   */
  static of(envelope: Envelope, now: number): QueuedEvent {
    return new QueuedEvent(now, undefined, envelope.hold().estimatedLength(), envelope, undefined, undefined);
  }

  /**
   * Creates the entry of an event that was read from a store.
   * @throws Error if the payload is not the record of an event
   */
  static fromRecord(store: RecordStore, { ref, payload }: StoredRecord): QueuedEvent {
    const { event, facts } = readRecord(payload.toString('utf8'));
    return QueuedEvent.again(event, facts, payload.length, { store, ref });
  }

  static again(event: IdentifiedEvent, facts: RecordFacts, bytes: number, stored?: StoredAt): QueuedEvent {
    const { acceptedAt } = facts;
    const enteredAt = performance.now() - ageSince(acceptedAt);
    const entry = new QueuedEvent(enteredAt, acceptedAt, bytes, undefined, event, stored, facts);
    entry.attempts = facts.attempts ?? 0;
    entry.firstError = facts.firstError;
    entry.lastError = facts.lastError;
    return entry;
  }

  /**
   * Time at which it was accepted, in epoch milliseconds. It is the same at each read, because
   * names of jobs depend on it.
   */
  get acceptedAt(): number {
    return (this.epoch ??= Math.round(Date.now() - (performance.now() - this.enteredAt)));
  }

  /** Its location on disk, if it has one. */
  get stored(): StoredAt | undefined {
    return this.place;
  }

  /**
   * Sets its location on disk, while it is in memory too; undefined if it is not on disk any more.
   */
  keepAt(place: StoredAt | undefined): void {
    this.place = place;
  }

  /** True if a caller retains the event, because it does not know the outcome yet. */
  get isRetained(): boolean {
    return this.claim?.isRetained === true;
  }

  /** Passes the outcome to the caller that has a claim on it, once. */
  tell(outcome: Outcome): void {
    const { claim } = this;
    this.claim = undefined;
    claim?.onOutcome(outcome);
  }

  get id(): string {
    return this.envelope?.id ?? this.event(true).id;
  }

  get name(): string {
    return this.envelope?.name ?? this.event(true).name;
  }

  /** The timestamp in epoch milliseconds; NaN if a processor replaced it with another value. */
  get timestampMs(): number {
    return this.envelope?.timestampMs ?? timestampMsOf(this.event(true));
  }

  /** True if a processor has added fields to those that every event has. */
  get hasAddedFields(): boolean {
    return this.envelope?.hasAddedFields ?? Object.keys(this.event(true)).length > OWN_FIELDS + 1;
  }

  /** Its origin: the event during whose processing it was emitted, and whether it is raw input. */
  get facts(): RecordOrigin {
    const { envelope, origin } = this;
    return envelope === undefined ? origin : originFacts(envelope);
  }

  /** The event as an envelope, which can enter a tree again. */
  asEnvelope(normalizer: Normalizer): Envelope {
    return this.envelope ?? Envelope.carried(this.event(true), this.origin, normalizer);
  }

  /**
   * The event with its id.
   * @param isShared true if the reader promises to change nothing; else it gets a copy
   */
  event(isShared: boolean): IdentifiedEvent {
    const { envelope } = this;
    if (envelope === undefined) return this.read as IdentifiedEvent;
    return isShared ? (this.read ??= envelope.sharedStored()) : envelope.stored();
  }

  /** The JSON text of the event with its id. */
  text(): string {
    return this.envelope === undefined ? JSON.stringify(this.event(true)) : this.envelope.text();
  }

  /**
   * Paths of the Dates of the event; undefined in the usual case, in which the timestamp is the
   * only one. Costs less after `text`, which may find that there are none.
   */
  dates(): readonly DatePath[] | undefined {
    return this.envelope?.hasNoDates === true ? undefined : datesOf(this.event(true));
  }

  /**
   * The record of the event.
   * @param more facts that only the writer knows
   */
  record(more: Partial<RecordFacts> = {}): string {
    const { acceptedAt, attempts, firstError, lastError, lastTriedAt } = this;
    const { depth, parentId, isRaw } = this.facts;
    const facts: RecordFacts = {
      acceptedAt,
      ...(depth === undefined ? {} : { depth, parentId }),
      ...(isRaw === true ? { isRaw } : {}),
      ...(attempts === 0 ? {} : { attempts, firstError, lastError, lastTriedAt }),
      ...more,
    };
    return this.envelope === undefined ? writeEventRecord(this.event(true), facts) : writeRecord(this.envelope, facts);
  }

  /**
   * Records a failed attempt.
   * @param now epoch milliseconds
   * @param isCounted true if it counts as one of `retry.attempts`
   * @param isAlone true if no other event was in the batch
   */
  failed(text: string, now: number, isCounted: boolean, isAlone: boolean): void {
    this.failures++;
    if (isAlone && ++this.failuresAlone === FAILURES_OF_SUSPECT) this.suspectedAt = performance.now();
    if (isCounted) this.attempts++;
    this.firstError ??= text;
    this.lastError = text;
    this.lastTriedAt = now;
  }
}
