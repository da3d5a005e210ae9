import { Envelope } from '../event/envelope';
import type { Normalizer } from '../event/normalizer';
import { originFacts, readRecord, writeEventRecord, writeRecord, type RecordFacts } from '../event/event-record';
import type { StoredEvent } from '../event/tracking-event';
import type { RecordRef, RecordStore, StoredRecord } from './disk/record-store';

/** What became of an event, for whoever waits to hear. */
export type Outcome = 'delivered' | 'stored' | 'pending' | 'dead-lettered' | 'dropped' | 'returned';

/** Of what a record says, that which goes along with the event wherever it is sent. */
export type RecordOrigin = Pick<RecordFacts, 'depth' | 'parentId' | 'isRaw'>;

/** One event on its way to one destination. */
export class QueuedEvent {
  /** How often it was sent in vain; probes of a destination that is down are not counted. */
  attempts = 0;
  firstError: string | undefined;
  lastError: string | undefined;
  lastTriedAt: number | undefined;
  /** Told once what became of it. */
  onSettled: ((outcome: Outcome) => void) | undefined;
  /** Whether the one who waits to hear still has it, and takes it back if it cannot be sent before the application ends. */
  isLent = false;

  private constructor(
    readonly acceptedAt: number,
    /** About those of its JSON text. */
    readonly bytes: number,
    private envelope: Envelope | undefined,
    private read: StoredEvent | undefined,
    /** Where it stands on disk, if it does. */
    readonly stored: { readonly store: RecordStore; readonly ref: RecordRef } | undefined,
    /** Of one that was read back. */
    private readonly origin: RecordOrigin = {},
  ) {}

  /** Takes from the caller's data what it needs, before `emit` returns. */
  static of(envelope: Envelope, now: number): QueuedEvent {
    return new QueuedEvent(now, envelope.hold().estimatedLength(), envelope, undefined, undefined);
  }

  /** @throws if the payload is no record of an event */
  static fromRecord(store: RecordStore, { ref, payload }: StoredRecord): QueuedEvent {
    const { event, facts } = readRecord(payload.toString('utf8'));
    return QueuedEvent.again(event, facts, payload.length, { store, ref });
  }

  static again(
    event: StoredEvent,
    facts: RecordFacts,
    bytes: number,
    stored?: { readonly store: RecordStore; readonly ref: RecordRef },
  ): QueuedEvent {
    const entry = new QueuedEvent(facts.acceptedAt, bytes, undefined, event, stored, facts);
    entry.attempts = facts.attempts ?? 0;
    entry.firstError = facts.firstError;
    entry.lastError = facts.lastError;
    return entry;
  }

  get id(): string {
    return this.envelope?.id ?? this.event(true).id;
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

  failed(text: string, now: number, isCounted: boolean): void {
    if (isCounted) this.attempts++;
    this.firstError ??= text;
    this.lastError = text;
    this.lastTriedAt = now;
  }
}
