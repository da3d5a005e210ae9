import type { SqlClient } from '../sql/sql-client';
import type { HeldRun } from './held-run';

/** The part of a transaction of Knex that ends it. */
interface KnexTransaction {
  readonly isTransaction: true;
  commit: (value?: unknown) => Promise<unknown>;
  rollback: (error?: unknown) => Promise<unknown>;
}

/** The part of an EntityManager of MikroORM that writes its entities. */
interface FlushingManager {
  flush(): Promise<void>;
  getTransactionContext(): unknown;
}

/**
 * Runs the body of a transaction, and stores its events after all that the library itself does
 * between the end of the body and the commit.
 * @param client what the library has passed to the body
 * @param outbox client for the same transaction
 */
export function storeBeforeCommit(run: HeldRun, body: () => unknown, client: unknown, outbox: SqlClient): unknown {
  if (isKnexTransaction(client)) return storeAtCommit(client, body, (ending) => run.body(ending, outbox));
  return run.body(isFlushing(client) ? () => flushAfter(body, client) : body, outbox);
}

/**
 * Knex calls `commit` of the transaction after the promise of the body, unless the body does that
 * itself: then its end would be too late for the events.
 */
function storeAtCommit<Result>(
  transaction: KnexTransaction,
  body: () => Result,
  store: (body: () => Promise<void>) => Promise<void>,
): Result {
  const { commit, rollback } = transaction;
  let end = (): void => undefined;
  let fail = (_error: unknown): void => undefined;
  const ended = new Promise<void>((resolve, reject) => ([end, fail] = [resolve, reject]));
  let stored = ended;
  const storeAndCommit = async (value: unknown): Promise<unknown> => {
    end();
    await ended; // the body may call it before `stored` is known
    try {
      await stored;
    } catch (error) {
      await rollback(error);
      throw error;
    }
    return commit(value);
  };
  transaction.commit = (value) => {
    const committed = storeAndCommit(value);
    committed.catch(() => undefined); // a body may not wait for it: the transaction has the error too
    return committed;
  };
  transaction.rollback = (error) => {
    fail(error);
    return rollback(error);
  };
  let outcome: { readonly result: Result } | undefined;
  const call = { isMade: false };
  let thrown: unknown;
  stored = store(() => {
    call.isMade = true;
    try {
      outcome = { result: body() };
    } catch (error) {
      thrown = error;
      throw error;
    }
    return ended;
  });
  for (const promise of [ended, stored]) promise.catch(() => undefined); // `commit` has the error
  if (!call.isMade) return stored as Result; // it rejects: the outbox is no client
  if (outcome === undefined) throw thrown;
  return outcome.result;
}

function isKnexTransaction(client: unknown): client is KnexTransaction {
  const { isTransaction, commit, rollback } = Object(client) as Partial<KnexTransaction>;
  return isTransaction === true && typeof commit === 'function' && typeof rollback === 'function';
}

/**
 * MikroORM writes the entities after the body. It does that here, so that the events of their hooks
 * are stored with the others.
 */
async function flushAfter(body: () => unknown, manager: FlushingManager): Promise<unknown> {
  const result = await body();
  await manager.flush();
  return result;
}

function isFlushing(client: unknown): client is FlushingManager {
  const { flush, getTransactionContext } = Object(client) as Partial<FlushingManager>;
  return typeof flush === 'function' && typeof getTransactionContext === 'function';
}
