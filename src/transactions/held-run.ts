import { isThenable } from '../context/result-kind';
import type { SqlClient } from '../sql/sql-client';
import type { TrackerService } from '../tracker/tracker.service';
import type { TransactionOptions } from '../tracker/transaction-options';

/**
 * Holds the events of one transaction of a library, from the call of its body until the library has
 * committed. The body has ended before the commit, so its end does not send the events.
 */
export class HeldRun {
  private settle = (_isCommitted: boolean): void => undefined;
  private ended: Promise<void> = Promise.resolve();
  /** True once the library has answered. A body that it runs later is not held. */
  private isOver = false;

  constructor(
    private readonly tracker: TrackerService,
    private readonly options: TransactionOptions,
  ) {}

  /**
   * Runs the body. A library may run it again, after a conflict: the events of the run before are
   * dropped then.
   * @param outbox stores the events when the body has ended, before the library commits.
   *   @default none
   * @returns what the body returned
   * @throws what the body threw
   */
  body<Result>(body: () => Result, outbox?: SqlClient): Result {
    if (outbox === undefined) return this.held(body);
    return this.held(() => this.tracker.transaction(body, { outbox }) as Result);
  }

  private held<Result>(body: () => Result): Result {
    if (this.isOver) return body();
    this.settle(false);
    const isCommitted = new Promise<boolean>((resolve) => (this.settle = resolve));
    const rollBack = this.settle.bind(undefined, false);
    let outcome: { readonly result: Result } | undefined;
    const call = { isMade: false };
    let thrown: unknown;
    this.ended = this.tracker
      .transaction(async () => {
        call.isMade = true;
        try {
          outcome = { result: body() };
          dropIfRejected(outcome.result, rollBack);
        } catch (error) {
          thrown = error;
          throw error;
        }
        if (!(await isCommitted)) throw new Error('rolled back');
      }, this.options)
      .catch(() => undefined);
    if (!call.isMade) return body(); // the tracker could not open a transaction
    if (outcome === undefined) throw thrown;
    return outcome.result;
  }

  /** Drops the events of the run, whatever the library answers: the body has rolled back itself. */
  drop(): void {
    this.settle(false);
  }

  /** Calls the library, and sends or drops the events when it has committed or rolled back. */
  around<Result>(transact: () => Result): Result {
    let result: Result;
    try {
      result = transact();
    } catch (error) {
      this.end(false);
      throw error;
    }
    if (isThenable(result)) return this.follow(result) as Result;
    this.end(true);
    return result;
  }

  private async follow(result: PromiseLike<unknown>): Promise<unknown> {
    try {
      const value = await result;
      this.end(true);
      return value;
    } catch (error) {
      this.end(false);
      throw error;
    } finally {
      await this.ended;
    }
  }

  private end(isCommitted: boolean): void {
    this.isOver = true;
    this.settle(isCommitted);
  }
}

/**
 * Reports the rejection of a native promise. The query of a library is left alone: it runs each
 * time that its `then` is called, and the library calls that.
 */
function dropIfRejected(result: unknown, onRejected: () => void): void {
  if (result instanceof Promise) void Promise.prototype.then.call(result, undefined, onRejected);
}
