import { isEventDefinition } from '../catalog/define-event';
import type { Refusal } from '../catalog/event-inspector';
import { readClock, type TrackingClock } from '../common/clock';
import { describeError } from '../common/describe-error';
import { quoted } from '../common/printable';
import { Envelope } from '../event/envelope';
import type { DropReason } from '../ledger/reasons';
import type { OutboxWriter } from '../outbox/outbox-writer';
import type { RouteNode } from '../routing/route-node';
import { REJECTED_PATH, type CatalogGate } from './catalog-gate';
import { EarlyEvents } from './early-events';
import type { EmitConfirmation } from './emit-confirmation';
import type { TrackerParts } from './tracker-parts';
import { withDefaultLimits, type TransactionLimits } from './transaction-options';
import { Transactions, type EndOfEvent } from './transactions';

export interface EmitterParts extends Pick<TrackerParts, 'counters' | 'notices' | 'ids' | 'normalizer' | 'processing'> {
  readonly clock: TrackingClock;
  readonly scopes: Pick<TrackerParts['scopes'], 'viewToEmit'>;
  readonly gate: Pick<CatalogGate, 'inspect' | 'stamp' | 'reject'>;
  readonly root: Pick<RouteNode, 'path' | 'receive'>;
  /** Maximum number of events that wait for `open`. */
  readonly maxEarlyEvents: number;
  readonly transactions?: TransactionLimits | undefined;
  readonly outbox: Pick<OutboxWriter, 'write'>;
  /** Called when a transaction has committed events that are in the outbox. */
  readonly onStored: () => void;
}

/** Maximum nesting of events that emit events. Deeper chains are cut. */
const MAX_DEPTH = 8;

/**
 * Turns each call of `emit` into one event and passes it to the root of the tree. Every call is
 * counted: as received by the root, as dropped, as waiting, or as held by a transaction.
 *
 * States: `waiting` (events are kept, up to `maxEarlyEvents`) -> `open` (events go to the root at
 * once). `open` passes on the events that wait, and `close` drops them; either ends the waiting.
 */
export class Emitter {
  readonly transactions: Transactions;
  /** Events that wait for the start; undefined once the emitter is open. */
  private early: EarlyEvents | undefined;
  /**
   * True while events go to the root at once: the emitter is open, and no transaction is. One
   * field, so that an emit outside of transactions checks nothing else.
   */
  private isDirect = false;
  private hasTransactions = false;
  /** Number of calls of `emit` that have not returned, each made by the previous one. */
  private nesting = 0;
  /** Error that lost an event before it reached the tree. */
  private emitError: unknown;
  private isReportDue = false;
  // Fields, because every emit reads them: reading them from `parts` took 10 ns longer.
  private readonly counters: EmitterParts['counters'];
  private readonly processing: EmitterParts['processing'];
  private readonly normalizer: EmitterParts['normalizer'];
  private readonly scopes: EmitterParts['scopes'];
  private readonly gate: EmitterParts['gate'];
  private readonly root: EmitterParts['root'];

  constructor(private readonly parts: EmitterParts) {
    this.counters = parts.counters;
    this.processing = parts.processing;
    this.normalizer = parts.normalizer;
    this.scopes = parts.scopes;
    this.gate = parts.gate;
    this.root = parts.root;
    this.early = new EarlyEvents(parts.maxEarlyEvents, (reason, eventName, why, confirmation) => {
      this.drop(reason, eventName, why, confirmation);
    });
    this.transactions = new Transactions({
      limits: withDefaultLimits(parts.transactions),
      send: (...event) => {
        this.sendHeld(...event);
      },
      drop: (reason, { name }, why, confirmation) => {
        if (reason === 'rolled-back') this.count(reason, confirmation);
        else this.drop(reason, name, why, confirmation);
      },
      store: (client, envelopes) =>
        parts.outbox.write(
          client,
          envelopes.map((envelope) => this.gate.stamp(envelope)),
        ),
      onStored: (count) => {
        this.counters.storeInOutbox(count);
        parts.onStored();
      },
      onBusy: (isBusy) => {
        this.hasTransactions = isBusy;
        this.route();
      },
    });
  }

  /** Number of events that wait for `open`. */
  get waiting(): number {
    return this.early?.count ?? 0;
  }

  /** Passes on the events that wait. The tree must be complete. */
  open(): void {
    const early = this.endWaiting();
    early?.passAll((envelope, confirmation, refusal) => {
      this.pass(envelope, confirmation, refusal);
    });
  }

  /** Drops the events that wait. */
  close(): void {
    this.endWaiting()?.dropAll();
  }

  /**
   * Sends one event. Throws only if the stack has no capacity to enter it; nothing was counted
   * then.
   * @returns the event id; undefined if the event was lost before it had an id
   */
  emit(name: unknown, data: unknown, confirmation?: EmitConfirmation): string | undefined {
    const { counters, processing } = this;
    counters.emitted++;
    this.nesting++;
    try {
      return this.send(name, data, confirmation);
    } catch (error) {
      // `send` counts the event last, so it is not counted yet. Plain assignments: a method call
      // could fail near the end of the stack.
      counters.overflowed++;
      processing.hasOverflowed = true;
      this.emitError = error;
      if (confirmation !== undefined) confirmation.failure = { error };
      return undefined;
    } finally {
      this.nesting--;
      if (processing.hasOverflowed) {
        try {
          this.reportSoon();
        } catch {
          // The stack has no capacity for this either: the next emit does it.
        }
      }
    }
  }

  /**
   * Counts the event as received by the root, dropped, waiting or held. Counting is the last step,
   * after which nothing throws.
   */
  private send(name: unknown, data: unknown, confirmation: EmitConfirmation | undefined): string {
    const { clock, ids } = this.parts;
    // Checked before anything is read: the clock, a name and a getter in the data may be
    // application code that emits again.
    if (this.nesting > MAX_DEPTH + 1) {
      this.cut(typeof name === 'string' ? name : 'unknown', this.nesting - 1, confirmation);
      return ids.next(Date.now());
    }
    const eventName = this.nameOf(name);
    const time = readClock(clock);
    const origin = this.processing.origin(eventName);
    const id = origin?.id ?? ids.next(time);
    const depth = origin?.depth ?? 0;
    if (depth > MAX_DEPTH) {
      this.cut(eventName, depth, confirmation);
      return id;
    }
    const context = this.scopes.viewToEmit();
    const envelope = Envelope.of(
      { id, name: eventName, time, context, data, depth, parentId: origin?.parentId },
      this.normalizer,
    );
    const refusal = this.gate.inspect(envelope, time);
    if (this.isDirect) this.pass(envelope, confirmation, refusal);
    else if (!this.transactions.hold(envelope, confirmation, refusal)) this.forward(envelope, confirmation, refusal);
    return id;
  }

  private forward(envelope: Envelope, confirmation: EmitConfirmation | undefined, refusal: Refusal | undefined): void {
    if (this.early === undefined) this.pass(envelope, confirmation, refusal);
    else this.early.keep(envelope, confirmation, refusal);
  }

  /** Sends an event that a transaction held. Never throws: the transaction has ended. */
  private sendHeld(...[envelope, confirmation, refusal]: Parameters<EndOfEvent>): void {
    try {
      this.forward(envelope, confirmation, refusal);
    } catch (error) {
      this.counters.overflowed++;
      this.emitError = error;
      if (confirmation !== undefined) confirmation.failure = { error };
      this.reportSoon();
    }
  }

  private endWaiting(): EarlyEvents | undefined {
    const { early } = this;
    this.early = undefined;
    this.route();
    return early;
  }

  private route(): void {
    this.isDirect = this.early === undefined && !this.hasTransactions;
  }

  /** Sends the event into the tree, or to the dead letters if it was refused. */
  private pass(envelope: Envelope, confirmation: EmitConfirmation | undefined, refusal: Refusal | undefined): void {
    if (refusal === undefined) this.root.receive(this.gate.stamp(envelope), confirmation);
    else {
      this.gate.reject(envelope, refusal, confirmation);
      this.processing.observer?.rejected(REJECTED_PATH, envelope, refusal.reason);
    }
  }

  private nameOf(name: unknown): string {
    const { counters, normalizer } = this;
    if (typeof name === 'string' || name === undefined || name === null) return normalizer.name(name);
    if (isEventDefinition(name)) return normalizer.name(name.name);
    const eventName = normalizer.name(name);
    counters.oddName();
    this.parts.notices.aboutInput(
      'event name',
      () => [eventName],
      () =>
        `an event was emitted with a name that is not a string (${typeof name}); it is called ${quoted(eventName)}. ` +
        "Fix: tracker.emit('some.name', data)",
    );
    return eventName;
  }

  private cut(eventName: string, depth: number, confirmation: EmitConfirmation | undefined): void {
    const why = `it is event ${String(depth)} in a chain of events emitted while another is processed`;
    this.drop('loop', eventName, why, confirmation);
  }

  private drop(reason: DropReason, eventName: string, why: string, confirmation: EmitConfirmation | undefined): void {
    // Not once per name: a logger that emits its log lines as events would then never stop.
    this.parts.notices.once(
      `dropped ${reason}`,
      () => `the event ${quoted(eventName)} was dropped ('${reason}'): ${why}. (Logged once; the ledger counts on.)`,
    );
    this.count(reason, confirmation);
  }

  private count(reason: DropReason, confirmation: EmitConfirmation | undefined): void {
    confirmation?.settle(this.root.path, 'dropped');
    this.counters.drop(reason);
  }

  private reportSoon(): void {
    if (!this.isReportDue) queueMicrotask(this.reportOverflow); // the stack is empty there
    this.isReportDue = true;
    this.processing.hasOverflowed = false;
  }

  private readonly reportOverflow = (): void => {
    this.isReportDue = false;
    const why = this.emitError === undefined ? '' : ` (${describeError(this.emitError)})`;
    this.parts.notices.once(
      'emit failed',
      () =>
        `events are lost ('emit-failed'), because emit could not run${why}. Fix: emit outside deep recursion. ` +
        '(Logged once; the ledger counts on.)',
    );
  };
}
