import { within, type WaitLimits } from '../../common/within';
import { SendFailedException } from '../../delivery/destination';
import type { SqlClient } from '../../sql/sql-client';

const MAX_ABANDONED = 8;
/** Time for which an abandoned statement counts, in case a library never ends it. */
const COUNTED_MS = 300_000;
/** Time limit of one statement outside of a batch. */
const STATEMENT_MS = 60_000;

/**
 * Ends the wait for a statement at the signal of its batch, or at a time limit. The library may
 * continue with the statement, and a library whose connections are silent would collect one after
 * the other in memory. So no new one is begun while many are abandoned.
 */
export class PendingStatements {
  /** Times at which statements were abandoned, in milliseconds. */
  private readonly abandoned = new Set<{ readonly at: number }>();

  /** @param now monotonic time in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Runs `send` until the signal or the time limit.
   * @throws SendFailedException at the limit, or if too many statements are abandoned; the error
   *   of `send`
   */
  async within<T>(limits: WaitLimits, send: () => Promise<T>): Promise<T> {
    this.refuseIfSilent();
    if (limits.signal?.aborted === true) noAnswer();
    const sending = send();
    return within(limits, sending, () => {
      this.abandon(sending);
      return noAnswer();
    });
  }

  /**
   * Returns a client for statements that have no signal, such as those that create tables. Each
   * waits at most a minute: the connections of an application may have no timeout of their own.
   */
  limited(client: SqlClient): SqlClient {
    const limits = { timeoutMs: STATEMENT_MS, keepsAlive: false };
    return { query: (sql, params) => this.within(limits, () => client.query(sql, params)) };
  }

  private abandon(sending: Promise<unknown>): void {
    const mark = { at: this.now() };
    this.abandoned.add(mark);
    const forget = (): void => void this.abandoned.delete(mark);
    sending.then(forget, forget);
  }

  private refuseIfSilent(): void {
    for (const mark of this.abandoned) if (this.now() - mark.at > COUNTED_MS) this.abandoned.delete(mark);
    if (this.abandoned.size < MAX_ABANDONED) return;
    const reason = `PostgreSQL has not answered ${this.abandoned.size} earlier statements. Fix: a timeout for statements of the pool`;
    throw SendFailedException.create({ reason, retryable: true });
  }
}

/** Ends a wait. @throws SendFailedException */
export function noAnswer(): never {
  throw SendFailedException.create({ reason: 'PostgreSQL did not answer in time', retryable: true });
}
