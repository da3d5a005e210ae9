import { Envelope } from '../event/envelope';
import type { Normalizer } from '../event/normalizer';
import { originFacts, readRecord, writeEventRecord, writeRecord, type RecordFacts } from '../event/event-record';
import type { StoredEvent } from '../event/tracking-event';
import type { RecordRef, RecordStore, StoredRecord } from '../store/record-store';
import { ageSince } from './epoch-stamps';

/** What became of an event, for whoever waits to hear. */
export type Outcome = 'delivered' | 'stored' | 'pending' | 'dead-lettered' | 'dropped' | 'returned';

/** In company it may have been another, once it may have been the network. */
export const FAILURES_OF_SUSPECT = 3;

/** Of what a record says, that which goes along with the event wherever it is sent. */
export type RecordOrigin = Pick<RecordFacts, 'depth' | 'parentId' | 'isRaw'>;

/** The place of a record. */
export interface StoredAt {
  readonly store: RecordStore;
  readonly ref: RecordRef;
}

/** One event on its way to one destination. */
export class QueuedEvent {
  /** How often it was sent in vain; probes of a destination that is down are not counted. */
  attempts = 0;
  /** Failed attempts in this process, those included that only probed a destination. */
  failures = 0;
  /** The part of `failures` in which it was the only event of its batch. */
  failuresAlone = 0;
  /** Monotonic milliseconds at which it had failed alone so often that it is suspected; Infinity if it has not. */
  suspectedAt = Infinity;
  /** Whether it was delivered, or became a dead letter. */
  isSettled = false;
  /** Its place in the order in which events were taken from the queue; 0 until it is taken. */
  turn = 0;
  firstError: string | undefined;
  lastError: string | undefined;
  lastTriedAt: number | undefined;
  /** Told once what became of it. */
  onSettled: ((outcome: Outcome) => void) | undefined;
  /** Whether the one who waits to hear still has it, and takes it back if it cannot be sent before the application ends. */
  isLent = false;

  private constructor(
    /**
     * When it was accepted, in milliseconds of `performance.now()`; negative if that was before the process started. Ages are
     * counted from here: the system's clock may jump.
     */
    public enteredAt: number,
    private epoch: number | undefined,
    /** About those of its JSON text. */
    readonly bytes: number,
    private envelope: Envelope | undefined,
    private read: StoredEvent | undefined,
    private place: StoredAt | undefined,
    /** Of one that was read back. */
    private readonly origin: RecordOrigin = {},
  ) {}

  /**
   * Takes from the caller's data what it needs, before `emit` returns.
   * @param now milliseconds of `performance.now()`
   */
  static of(envelope: Envelope, now: number): QueuedEvent {
    return new QueuedEvent(now, undefined, envelope.hold().estimatedLength(), envelope, undefined, undefined);
  }

  /** @throws if the payload is no record of an event */
  static fromRecord(store: RecordStore, { ref, payload }: StoredRecord): QueuedEvent {
    const { event, facts } = readRecord(payload.toString('utf8'));
    return QueuedEvent.again(event, facts, payload.length, { store, ref });
  }

  static again(event: StoredEvent, facts: RecordFacts, bytes: number, stored?: StoredAt): QueuedEvent {
    const { acceptedAt } = facts;
    const enteredAt = performance.now() - ageSince(acceptedAt);
    const entry = new QueuedEvent(enteredAt, acceptedAt, bytes, undefined, event, stored, facts);
    entry.attempts = facts.attempts ?? 0;
    entry.firstError = facts.firstError;
    entry.lastError = facts.lastError;
    return entry;
  }

  /** Epoch milliseconds at which it was accepted. The same each time it is read: names of jobs are made of it. */
  get acceptedAt(): number {
    return (this.epoch ??= Math.round(Date.now() - (performance.now() - this.enteredAt)));
  }

  /** Where it is on disk, if it is. */
  get stored(): StoredAt | undefined {
    return this.place;
  }

  /** Says where it is on disk now, while it is in memory too; undefined if it is there no more. */
  keepAt(place: StoredAt | undefined): void {
    this.place = place;
  }

  /** Tells whoever waits to hear, once. */
  tell(outcome: Outcome): void {
    const { onSettled } = this;
    this.onSettled = undefined;
    onSettled?.(outcome);
  }

  get id(): string {
    return this.envelope?.id ?? this.event(true).id;
  }

  get name(): string {
    return this.envelope?.name ?? this.event(true).name;
  }

  /** Where it came from, and what was done with it. */
  get facts(): RecordOrigin {
    const { envelope, origin } = this;
    return envelope === undefined ? origin : originFacts(envelope);
  }

  /** Whether it has none but the timestamp; false too where nobody has looked. */
  get hasNoDates(): boolean {
    return this.envelope?.hasNoDates === true;
  }

  /** As it goes into a tree again. */
  asEnvelope(normalizer: Normalizer): Envelope {
    return this.envelope ?? Envelope.carried(this.event(true), this.origin, normalizer);
  }

  /** @param isShared whether the reader promises to change nothing; else it gets a copy */
  event(isShared: boolean): StoredEvent {
    const { envelope } = this;
    if (envelope === undefined) return this.read as StoredEvent;
    return isShared ? (this.read ??= envelope.sharedStored()) : envelope.stored();
  }

  /** @param more facts that only the writer knows */
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
   * @param now epoch milliseconds
   * @param isCounted whether it counts as one of `retry.attempts`
   * @param isAlone whether no other event was in the batch
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
