import type { OutboxTable } from '../outbox/outbox-table';
import type { SqlClient } from '../sql/sql-client';

/** Limits on the events that one transaction holds, together with the transactions nested in it. */
export interface TransactionLimits {
  /**
   * Maximum number of events. Further ones are dropped as 'transaction-full'.
   * @default 10_000
   */
  readonly maxEvents?: number | undefined;
  /**
   * Maximum size of the events, by the approximate length of their JSON text in characters.
   * Further ones are dropped as 'transaction-full'.
   * @default 16_777_216
   */
  readonly maxBytes?: number | undefined;
}

/** Options of all transactions of a tracker. */
export interface TransactionSettings extends TransactionLimits {
  /**
   * Table in which transactions with `outbox` store their events.
   * @default { table: 'tracking_outbox' }, in the first schema of the search_path
   */
  readonly outbox?: OutboxTable | undefined;
}

export type ResolvedTransactionLimits = Readonly<Record<keyof TransactionLimits, number>>;

export function withDefaultLimits({
  maxEvents = 10_000,
  maxBytes = 16 * 1024 * 1024,
}: TransactionLimits = {}): ResolvedTransactionLimits {
  return { maxEvents, maxBytes };
}

/** Options of one transaction. */
export interface TransactionOptions {
  /**
   * True if the transaction commits by itself, even inside another one: its events are sent when
   * it has resolved, whatever becomes of the other. False makes it a savepoint of the other.
   * @default false
   */
  readonly independent?: boolean | undefined;
  /**
   * Connection of the transaction of the database in which `body` runs, made by an adapter:
   * `fromTypeOrm(manager)`. When `body` has resolved, the events are inserted through it into the
   * table of the outbox, and a relay sends them after the commit. Call `tracker.transaction` inside
   * the transaction of the database for that, not around it.
   * @default none: the events are sent when the outermost transaction has resolved
   */
  readonly outbox?: SqlClient | undefined;
}
