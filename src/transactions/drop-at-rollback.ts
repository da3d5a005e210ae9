import type { HeldRun } from './held-run';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Latest run of each transaction or session, by tracker. */
const runs = new WeakMap<object, Map<object, HeldRun>>();

/**
 * Drops the events of a run when its body itself rolls the transaction back. A transaction of Knex
 * and a session of MongoDB resolve then, as after a commit.
 * @param client what the library has passed to the body
 * @param tracker tracker of the run
 */
export function dropAtRollback(client: object, tracker: object, run: HeldRun): void {
  const earlier = runs.get(client);
  if (earlier !== undefined) {
    earlier.set(tracker, run);
    return;
  }
  const name = methodOf(client as Readonly<Record<string, unknown>>);
  if (name === undefined) return;
  const latest = new Map([[tracker, run]]);
  runs.set(client, latest);
  const method = (client as Record<string, Method>)[name] as Method;
  const value = function (this: unknown, ...args: unknown[]): unknown {
    for (const each of latest.values()) each.drop();
    return method.apply(this, args);
  };
  Object.defineProperty(client, name, { value, configurable: true, writable: true });
}

function methodOf({ isTransaction, rollback, withTransaction, abortTransaction }: Readonly<Record<string, unknown>>) {
  if (isTransaction === true && typeof rollback === 'function') return 'rollback'; // Knex
  if (typeof withTransaction === 'function' && typeof abortTransaction === 'function') return 'abortTransaction';
  return undefined;
}
