import type { Violation } from '../../catalog/violation';
import type { DeliveryObserver, ObservedAttempt, SettledAs } from '../../delivery/delivery-observer';
import type { Envelope } from '../../event/envelope';
import { isConfigured } from '../../ledger/reasons';
import type { NodeObserver, ObservedNode } from '../../routing/node-observer';
import type { AttemptTrace, OutcomeState } from '../api';
import { JournalEntry } from './journal-entry';

/** What the journal needs to know of a tracker. */
export interface JournalHost {
  readonly tracker: string;
  /** Number of events that are kept. */
  readonly maxEvents: number;
  /** Approximate bytes of the events that are kept. */
  readonly maxBytes: number;
  readonly redact: (envelope: Envelope) => Envelope;
  /** Line of code that emits now; undefined outside development. */
  readonly locate: () => string | undefined;
  readonly nextSeq: () => number;
}

const STATE_OF: Readonly<Record<SettledAs, OutcomeState>> = {
  delivered: 'delivered',
  'dead-lettered': 'dead',
  dropped: 'dropped',
};

/** An answer delivers every event, except those that are corrected one by one. */
const RESULT_OF: Readonly<Record<ObservedAttempt['ending'], AttemptTrace['result']>> = {
  answered: 'delivered',
  refused: 'rejected',
  failed: 'failed',
  'timed-out': 'timeout',
};

/** An event is checked and enters the tree in one call, unless one is emitted within another. */
const MAX_EARLY = 100;

/** Listener of a journal: what is new since it was last asked. */
export interface JournalListener {
  kept(entry: JournalEntry): void;
  changed(entry: JournalEntry): void;
}

/**
 * Remembers the newest events of one tracker, with what happened to them.
 *
 * Inside `emit` it only notes references: redacting and measuring would make every event slower.
 * `refresh` does both later, so values that are not redacted stay for a second at most. Between
 * two refreshes it follows a bounded number of events and counts the others: a tracker that emits
 * ten thousand events a second pays nothing for events that nobody could read.
 */
export class EventJournal implements NodeObserver, DeliveryObserver {
  /** Oldest first. Entries of the newest events are raw until `refresh`. */
  private readonly entries = new Map<string, JournalEntry>();
  private readonly changes = new Set<JournalEntry>();
  private readonly fresh = new Set<JournalEntry>();
  private bytes = 0;
  private evictedCount = 0;
  private skippedCount = 0;
  private followedCount = 0;
  /** Violations of events that have not entered the tree yet. */
  private readonly early = new Map<string, readonly Violation[]>();
  /** Number of further events that are followed before the next refresh. */
  private budget: number;
  /** Id of the event that entered last, and its entry if it is followed: saves most look-ups. */
  private latestId = '';
  private latest: JournalEntry | undefined;
  private listener: JournalListener | undefined;

  constructor(private readonly host: JournalHost) {
    this.budget = host.maxEvents;
  }

  /** Number of events that are no longer remembered. */
  get evicted(): number {
    return this.evictedCount;
  }

  /** Number of events that were not followed, because there were too many at once. */
  get skipped(): number {
    return this.skippedCount;
  }

  /** Number of events since the start. */
  get seen(): number {
    return this.followedCount + this.skippedCount;
  }

  /** Number of events that are remembered. */
  get kept(): number {
    return this.entries.size;
  }

  listen(listener: JournalListener | undefined): void {
    this.listener = listener;
  }

  entered({ path }: ObservedNode, envelope: Envelope): void {
    const { id } = envelope;
    if (id !== this.latestId) {
      this.latestId = id;
      this.latest = this.entries.get(id) ?? this.follow(envelope);
    }
    if (path !== '') this.latest?.reach(path, envelope);
  }

  rejected(path: string, envelope: Envelope, reason: string): void {
    const entry = this.entries.get(envelope.id) ?? this.follow(envelope);
    if (entry === undefined) return;
    entry.settle(path, 'dead', reason);
    this.hold(entry);
  }

  stepped(
    { path }: ObservedNode,
    processor: string,
    before: Envelope,
    result: Envelope | string,
    tookMs: number,
  ): void {
    const after = typeof result === 'string' ? { dropped: result } : result;
    this.entryOf(before.id)?.addStep({ path, processor, before, after, tookMs });
  }

  left({ path, endsAs }: ObservedNode, { id }: Envelope, refused: string | undefined): void {
    const entry = this.entryOf(id);
    if (entry === undefined) return;
    if (refused !== undefined) entry.settle(path, isConfigured(refused) ? 'filtered' : 'dropped', refused);
    else if (endsAs !== undefined) entry.begin(path, endsAs);
    if (path === '') this.hold(entry);
    if (entry.isKept) this.changes.add(entry);
  }

  attempted(path: string, { ids, tookMs, ending, error, status }: ObservedAttempt): void {
    const at = new Date().toISOString();
    for (const id of ids) {
      const entry = this.entries.get(id);
      if (entry === undefined) continue;
      entry.addAttempt({
        ...{ path, at, tookMs, result: RESULT_OF[ending], batch: ids.length },
        ...(status !== undefined && { status }),
        ...(error !== undefined && { error }),
      });
      this.changes.add(entry);
    }
  }

  retrying(path: string, id: string, reason: string): void {
    this.end(id, path, 'retrying', reason);
  }

  settled(path: string, id: string, outcome: SettledAs, reason: string | undefined): void {
    this.end(id, path, STATE_OF[outcome], reason);
  }

  /** Notes that an event violates the catalog. It is checked before it enters the tree. */
  violated(id: string, violations: readonly Violation[]): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) {
      entry.violate(violations);
      return;
    }
    this.early.set(id, violations);
    const [oldest] = this.early.keys();
    if (this.early.size > MAX_EARLY && oldest !== undefined) this.early.delete(oldest);
  }

  /**
   * Redacts the entries that are new, forgets those that do not fit, and tells the listener.
   * @param budget number of events to follow until the next call
   */
  refresh(budget = this.host.maxEvents): void {
    const { fresh, changes, host, listener } = this;
    this.budget = budget;
    for (const entry of fresh) {
      entry.keep(host.redact);
      this.weigh(entry);
      if (this.entries.get(entry.id) !== entry) continue; // it does not fit
      listener?.kept(entry);
      changes.delete(entry);
    }
    fresh.clear();
    if (listener !== undefined) for (const entry of changes) listener.changed(entry);
    changes.clear();
  }

  /** Returns the entry of an event; undefined if it is not remembered. */
  find(id: string): JournalEntry | undefined {
    const entry = this.entries.get(id);
    return entry?.isKept === true ? entry : undefined;
  }

  /** Returns the events that were emitted while this one was processed. */
  childrenOf(id: string): JournalEntry[] {
    return [...this.entries.values()].filter(({ envelope }) => envelope.parentId === id);
  }

  /** Returns the remembered events, newest first. */
  newestFirst(): JournalEntry[] {
    return [...this.entries.values()].filter(({ isKept }) => isKept).reverse();
  }

  private follow(envelope: Envelope): JournalEntry | undefined {
    const violations = this.early.size > 0 ? this.early.get(envelope.id) : undefined;
    if (violations !== undefined) this.early.delete(envelope.id);
    if (this.budget <= 0) {
      this.skippedCount++;
      return undefined;
    }
    this.budget--;
    this.followedCount++;
    const { host } = this;
    const entry = new JournalEntry(host.nextSeq(), host.tracker, envelope, host.locate());
    if (violations !== undefined) entry.violate(violations);
    this.entries.set(envelope.id, entry);
    this.fresh.add(entry);
    if (this.entries.size > host.maxEvents) this.evictOldest();
    return entry;
  }

  private entryOf(id: string): JournalEntry | undefined {
    return id === this.latestId ? this.latest : this.entries.get(id);
  }

  private end(id: string, path: string, state: OutcomeState, reason: string | undefined): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    entry.settle(path, state, reason);
    if (state === 'dead' || state === 'retrying') entry.refuse(path, reason);
    this.changes.add(entry);
  }

  /** Takes over the values. They count from now on, since one second of events may be large. */
  private hold(entry: JournalEntry): void {
    entry.hold();
    this.weigh(entry);
  }

  private weigh(entry: JournalEntry): void {
    const { weight } = entry;
    this.bytes += weight - entry.counted;
    entry.counted = weight;
    while (this.bytes > this.host.maxBytes && this.entries.size > 1) this.evictOldest();
  }

  private evictOldest(): void {
    const [oldest] = this.entries.values();
    if (oldest === undefined) return;
    this.entries.delete(oldest.id);
    this.changes.delete(oldest);
    this.fresh.delete(oldest);
    this.evictedCount++;
    this.bytes -= oldest.counted;
    oldest.counted = 0;
    if (this.latest === oldest) this.latest = undefined;
  }
}
