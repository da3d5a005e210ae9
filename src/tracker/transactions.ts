import { AsyncLocalStorage } from 'node:async_hooks';
import type { Refusal } from '../catalog/event-inspector';
import { atMost } from '../common/at-most';
import { Waiters } from '../common/waiters';
import type { Envelope } from '../event/envelope';
import type { SqlClient } from '../sql/sql-client';
import type { EmitConfirmation } from './emit-confirmation';
import { HeldTransaction, type HeldEvent } from './held-transaction';
import { checkOutbox, OUTBOX_PATH, tooManyEvents, UNKNOWN_COMMIT } from './outbox-of-transaction';
import type { ResolvedTransactionLimits, TransactionOptions } from './transaction-options';

/** Innermost transaction of one tracker in an async flow. */
interface Frame {
  readonly owner: Transactions;
  /** Undefined where events are sent although a transaction is open around them. */
  readonly transaction: HeldTransaction | undefined;
  /** Innermost frame of another tracker. */
  readonly around: Frame | undefined;
}

/** Decides what becomes of an event: `emit` has counted it, but no node has received it. */
export type EndOfEvent = (
  envelope: Envelope,
  confirmation: EmitConfirmation | undefined,
  refusal: Refusal | undefined,
) => void;

export interface TransactionsParts {
  readonly limits: ResolvedTransactionLimits;
  /** Sends an event into the tree, or lets it wait for the start. Must not throw. */
  readonly send: EndOfEvent;
  readonly drop: (
    reason: 'rolled-back' | 'transaction-full' | 'shutdown',
    envelope: Envelope,
    why: string,
    confirmation: EmitConfirmation | undefined,
  ) => void;
  /** Inserts events into the table of the outbox. Rejects with the error of the client. */
  readonly store: (client: SqlClient, envelopes: readonly Envelope[]) => Promise<void>;
  /** Called when events that are in the outbox are held no longer. */
  readonly onStored: (count: number) => void;
  /** Called when the first transaction opens and when the last one ends. */
  readonly onBusy: (isBusy: boolean) => void;
}

/** One storage for all trackers of the process, since each storage slows down every promise. */
const frames = new AsyncLocalStorage<Frame | undefined>();

function without(owner: Transactions, frame: Frame | undefined): Frame | undefined {
  if (frame === undefined) return undefined;
  return frame.owner === owner ? frame.around : { ...frame, around: without(owner, frame.around) };
}

/** The transactions of one tracker: holds events until the transaction of their flow has ended. */
export class Transactions {
  /** Number of events that are held. */
  held = 0;
  private readonly open = new Set<HeldTransaction>();
  private readonly idle = new Waiters();
  private order = 0;

  constructor(private readonly parts: TransactionsParts) {}

  /**
   * Runs `body` in a transaction, and ends the transaction when `body` has ended.
   * @returns the result of `body`
   * @throws errors of `body`. With an outbox also TypeError if it is no client,
   *   NotStoredException, and the error of the client
   */
  async run<Result>(body: () => Result | PromiseLike<Result>, options: TransactionOptions = {}): Promise<Result> {
    const { outbox } = options;
    if (outbox !== undefined) checkOutbox(outbox);
    const transaction = this.begin(options);
    let result: Result;
    try {
      result = await this.within(transaction, body);
      if (outbox !== undefined) await this.store(transaction, outbox);
    } catch (error) {
      this.rollBack(transaction, 'its transaction was rolled back');
      throw error;
    }
    if (outbox === undefined) this.commit(transaction, true);
    return result;
  }

  /** Runs `body` as if no transaction of this tracker were open: its events are sent at once. */
  outside<Result>(body: () => Result): Result {
    return this.current() === undefined ? body() : this.within(undefined, body);
  }

  /**
   * Holds an event if a transaction is open in this flow.
   * @returns false if none is, so that the caller has to send the event
   */
  hold(envelope: Envelope, confirmation: EmitConfirmation | undefined, refusal: Refusal | undefined): boolean {
    const transaction = this.current();
    if (transaction === undefined) return false;
    const bytes = envelope.hold().estimatedLength();
    const { maxEvents, maxBytes } = this.parts.limits;
    if (transaction.size.events >= maxEvents || transaction.size.bytes + bytes > maxBytes) {
      const limit =
        transaction.size.events >= maxEvents ? `maxEvents: ${String(maxEvents)}` : `maxBytes: ${String(maxBytes)}`;
      const why =
        `its transaction holds as many events as it may (${limit}). ` +
        'Fix: emit fewer events in one transaction, or raise transactions: { maxEvents, maxBytes }';
      transaction.isIncomplete = true;
      // A transaction with an outbox fails as a whole, so that no event is lost.
      this.parts.drop(transaction.isInOutbox ? 'rolled-back' : 'transaction-full', envelope, why, confirmation);
      return true;
    }
    confirmation?.holdInTransaction();
    transaction.add({ envelope, confirmation, refusal, bytes, order: this.order++, release: confirmation?.hold() });
    this.held++;
    return true;
  }

  /**
   * Waits for open transactions, because the application closes, and drops what is held then.
   * Events emitted in these transactions later are sent at once. Transactions with an outbox stay
   * open: they need only their client.
   */
  async close(timeoutMs: number): Promise<void> {
    if (this.open.size > 0) await atMost(timeoutMs, this.idle.wait());
    const why = 'the application closed before its transaction had ended';
    for (const transaction of this.open) if (!transaction.isInOutbox) this.rollBack(transaction, why, 'shutdown');
  }

  /**
   * Stores the events of a transaction, also those that are emitted meanwhile, and ends it in the
   * same turn in which all are stored.
   */
  private async store(transaction: HeldTransaction, client: SqlClient): Promise<void> {
    for (;;) {
      if (transaction.isIncomplete) throw tooManyEvents();
      const events = transaction.unstored();
      if (events.length === 0) {
        this.commit(transaction, false);
        return;
      }
      const envelopes = events.map(({ envelope }) => envelope);
      // Events that the client emits must not be stored by it in turn, without end.
      await this.outside(() => this.parts.store(client, envelopes));
      for (const event of events) event.isStored = true;
    }
  }

  /**
   * Sends the events of a transaction, or hands them to the transaction around it.
   * @param isCommitted false if it ends inside the transaction of the database, whose commit is
   *   still to come
   */
  private commit(transaction: HeldTransaction, isCommitted: boolean): void {
    if (transaction.state !== 'open') return; // the application has closed
    if (isCommitted && transaction.isLostOutside()) {
      this.rollBack(transaction, 'the transaction around its own was rolled back');
      return;
    }
    const events = transaction.end('committed');
    const outer = transaction.nearestOpen();
    if (outer === undefined) {
      this.forget(transaction, events);
      this.outside(() => {
        for (const event of events) if (event.isStored !== true) this.send(event);
      });
      this.settleStored(events, isCommitted);
    } else {
      outer.adopt(events);
      outer.isIncomplete ||= transaction.isIncomplete;
    }
    this.closed(transaction);
  }

  private rollBack(
    transaction: HeldTransaction,
    why: string,
    reason: 'rolled-back' | 'shutdown' = 'rolled-back',
  ): void {
    if (transaction.state !== 'open') return;
    const events = transaction.end('rolled-back');
    this.forget(transaction, events);
    // At shutdown it may still commit, and relays send what is stored.
    const isKept = ({ isStored }: HeldEvent): boolean => reason === 'shutdown' && isStored === true;
    this.settleStored(events.filter(isKept), false);
    for (const event of events) {
      const { envelope, confirmation, release } = event;
      if (isKept(event)) continue;
      this.parts.drop(reason, envelope, why, confirmation);
      confirmation?.endTransaction(`since ${why}`);
      release?.();
    }
    this.closed(transaction);
  }

  private settleStored(events: readonly HeldEvent[], isCommitted: boolean): void {
    const stored = events.filter(({ isStored }) => isStored === true);
    if (stored.length === 0) return;
    for (const { confirmation, release } of stored) {
      if (isCommitted) confirmation?.settle(OUTBOX_PATH, 'stored');
      confirmation?.endTransaction(isCommitted ? undefined : UNKNOWN_COMMIT);
      release?.();
    }
    this.parts.onStored(stored.length);
  }

  private send({ envelope, confirmation, refusal, release }: HeldEvent): void {
    confirmation?.endTransaction(undefined);
    this.parts.send(envelope, confirmation, refusal);
    release?.();
  }

  private begin({ independent = false, outbox }: TransactionOptions): HeldTransaction {
    const transaction = new HeldTransaction(independent ? undefined : this.current(), outbox !== undefined);
    this.open.add(transaction);
    if (this.open.size === 1) this.parts.onBusy(true);
    return transaction;
  }

  private closed(transaction: HeldTransaction): void {
    this.open.delete(transaction);
    if (this.open.size > 0) return;
    this.parts.onBusy(false);
    this.idle.release();
  }

  private forget(transaction: HeldTransaction, events: readonly HeldEvent[]): void {
    transaction.forget(events);
    this.held -= events.length;
  }

  private within<Result>(transaction: HeldTransaction | undefined, body: () => Result): Result {
    return frames.run({ owner: this, transaction, around: without(this, frames.getStore()) }, body);
  }

  /** Returns the innermost open transaction of this flow. */
  private current(): HeldTransaction | undefined {
    if (this.open.size === 0) return undefined;
    for (let frame = frames.getStore(); frame !== undefined; frame = frame.around) {
      if (frame.owner === this) return frame.transaction?.nearestOpen();
    }
    return undefined;
  }
}
