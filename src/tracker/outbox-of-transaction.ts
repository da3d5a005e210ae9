import { NotStoredException } from '../outbox/not-stored.exception';
import type { SqlClient } from '../sql/sql-client';

/** Path of the outcome of an event in the outbox. No node can have that path. */
export const OUTBOX_PATH = 'transaction:outbox';

/** Reason why an event in the outbox is not confirmed, for NotConfirmedException. */
export const UNKNOWN_COMMIT =
  'since it is in the outbox, and the tracker does not see whether its transaction commits. ' +
  'Fix: hold the events around the transaction too, with holdEvents or another tracker.transaction';

/** @throws TypeError if it is no client */
export function checkOutbox(outbox: SqlClient): void {
  if (typeof (outbox as Partial<SqlClient> | null)?.query === 'function') return;
  throw new TypeError(
    'tracker.transaction was given an outbox that is no client. Fix: { outbox: fromTypeOrm(manager) }, or another adapter of nestjs-event-tracking/postgres',
  );
}

export function tooManyEvents(): NotStoredException {
  return NotStoredException.create(
    'the transaction holds as many events as it may. ' +
      'Fix: emit fewer events in one transaction, or raise transactions: { maxEvents, maxBytes }',
  );
}
