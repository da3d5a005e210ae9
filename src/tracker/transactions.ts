import { AsyncLocalStorage } from 'node:async_hooks';
import type { Refusal } from '../catalog/event-inspector';
import { atMost } from '../common/at-most';
import { Waiters } from '../common/waiters';
import type { Envelope } from '../event/envelope';
import type { EmitConfirmation } from './emit-confirmation';
import { HeldTransaction, type HeldEvent } from './held-transaction';
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
   * @throws only errors of `body`
   */
  async run<Result>(body: () => Result | PromiseLike<Result>, options: TransactionOptions = {}): Promise<Result> {
    const transaction = this.begin(options);
    let result: Result;
    try {
      result = await this.within(transaction, body);
    } catch (error) {
      this.rollBack(transaction, 'its transaction was rolled back');
      throw error;
    }
    this.commit(transaction);
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
      this.parts.drop('transaction-full', envelope, why, confirmation);
      return true;
    }
    confirmation?.holdInTransaction();
    transaction.add({ envelope, confirmation, refusal, bytes, order: this.order++, release: confirmation?.hold() });
    this.held++;
    return true;
  }

  /**
   * Waits for open transactions, because the application closes, and drops what is held then.
   * Events emitted in these transactions later are sent at once.
   */
  async close(timeoutMs: number): Promise<void> {
    if (this.open.size > 0) await atMost(timeoutMs, this.idle.wait());
    const why = 'the application closed before its transaction had ended';
    for (const transaction of this.open) this.rollBack(transaction, why, 'shutdown');
  }

  /** Sends the events of a transaction, or hands them to the transaction around it. */
  private commit(transaction: HeldTransaction): void {
    if (transaction.state !== 'open') return; // the application has closed
    if (transaction.isLostOutside()) {
      this.rollBack(transaction, 'the transaction around its own was rolled back');
      return;
    }
    const events = transaction.end('committed');
    const outer = transaction.nearestOpen();
    if (outer === undefined) {
      this.forget(transaction, events);
      this.outside(() => {
        for (const event of events) this.send(event);
      });
    } else outer.adopt(events);
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
    for (const { envelope, confirmation, release } of events) {
      this.parts.drop(reason, envelope, why, confirmation);
      confirmation?.endTransaction(`since ${why}`);
      release?.();
    }
    this.closed(transaction);
  }

  private send({ envelope, confirmation, refusal, release }: HeldEvent): void {
    confirmation?.endTransaction(undefined);
    this.parts.send(envelope, confirmation, refusal);
    release?.();
  }

  private begin({ independent = false }: TransactionOptions): HeldTransaction {
    const transaction = new HeldTransaction(independent ? undefined : this.current());
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
