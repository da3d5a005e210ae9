import type { SqlClient } from '../sql/sql-client';
import type { TrackerService } from '../tracker/tracker.service';
import { dropAtRollback } from './drop-at-rollback';
import { HeldRun } from './held-run';
import { storeBeforeCommit } from './store-before-commit';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Methods that run a callback in a transaction: of TypeORM, Knex, Drizzle and a connection of
 * Mongoose; of MikroORM; of Prisma; of a session of MongoDB.
 */
const METHODS = ['transaction', 'transactional', '$transaction', 'withTransaction'];

export interface HoldEventsOptions {
  /**
   * Adapter for the clients that the transactions of the connection pass to their callbacks:
   * `fromTypeOrm`, `fromKnex`, `fromDrizzle`, `fromMikroOrm` or `fromPrisma`. Each transaction then
   * stores its events in the outbox before it commits, and a relay sends them.
   * @default none: the events are sent after the commit
   */
  readonly outbox?: ((client: never) => SqlClient) | undefined;
}

/** How the transactions of one object are held. */
interface Holding {
  readonly tracker: TrackerService;
  outbox: HoldEventsOptions['outbox'];
  /** False for the client of a transaction: its transactions are savepoints. */
  isOutermost: boolean;
}

/** What is known of each object whose methods are wrapped. */
const known = new WeakMap<object, Holding[]>();

/**
 * Holds the events that are emitted in the transactions of a connection until they commit, and
 * drops them when they roll back. Covers every transaction that a callback runs, also those of
 * `typeorm-transactional`, and savepoints: a transaction inside the transaction of the callback.
 * Changes the object: wraps its methods `transaction`, `transactional`, `$transaction` and
 * `withTransaction`. Call it once, at the start.
 * @param connection DataSource of TypeORM, Knex, database of Drizzle, EntityManager of MikroORM,
 * PrismaClient, or a connection or session of Mongoose
 * @returns the connection itself; a second call for the same tracker changes nothing
 * @throws TypeError if the object has no such method
 */
export function holdEvents<Connection extends object>(
  connection: Connection,
  tracker: TrackerService,
  { outbox }: HoldEventsOptions = {},
): Connection {
  const target = managerOf(connection) ?? connection;
  if (!wrapMethods(target, { tracker, outbox, isOutermost: true })) {
    throw new TypeError(
      'holdEvents was given an object without a method that runs transactions. ' +
        'Fix: pass a DataSource of TypeORM, Knex, a database of Drizzle, an EntityManager of MikroORM, a PrismaClient, ' +
        'or a connection or session of Mongoose; wrap other transactions in tracker.transaction(body).',
    );
  }
  return connection;
}

/**
 * Returns the EntityManager of a DataSource. All transactions of a DataSource go through it, while
 * `typeorm-transactional` replaces the method of the DataSource.
 */
function managerOf({ manager }: { readonly manager?: unknown }): object | undefined {
  return hasMethod(manager, 'transaction') ? manager : undefined;
}

/** @returns false if the object has no method that runs transactions */
function wrapMethods(target: object, { tracker, outbox, isOutermost }: Holding): boolean {
  const names = METHODS.filter((name) => hasMethod(target, name));
  if (names.length === 0) return false;
  const holdings = known.get(target) ?? [];
  known.set(target, holdings);
  const earlier = holdings.find((each) => each.tracker === tracker);
  if (earlier !== undefined) {
    earlier.isOutermost &&= isOutermost;
    earlier.outbox ??= outbox;
    return true;
  }
  const holding: Holding = { tracker, outbox, isOutermost };
  holdings.push(holding);
  for (const name of names) replace(target, name, (method) => held(method, holding));
  // MikroORM makes one EntityManager for each request, and one for each transaction.
  if (hasMethod(target, 'fork')) replace(target, 'fork', (method) => forking(method, holding));
  return true;
}

function replace(target: object, name: string, wrap: (method: Method) => Method): void {
  const value = wrap((target as Record<string, Method>)[name] as Method);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}

function held(method: Method, holding: Holding): Method {
  return function (this: unknown, ...args) {
    const at = args.findLastIndex((argument) => typeof argument === 'function');
    if (at < 0) return method.apply(this, args);
    const { tracker, outbox, isOutermost } = holding;
    const propagation = propagationOf(args);
    const isInside = isInTransaction(this);
    // Without a transaction of its own, the events belong to the one around it, if there is one.
    if (isSwitchedOff(this) || opensNone(propagation, isInside)) return method.apply(this, args);
    if (propagation === 'not_supported' && isInside) return tracker.outsideTransaction(() => method.apply(this, args));
    const independent = propagation === 'requires_new' || (isOutermost && !isInside);
    const run = new HeldRun(tracker, { independent });
    const body = args[at] as Method;
    args[at] = (...given: unknown[]): unknown => {
      const [client] = given;
      // A session passes itself. It stays the outermost one.
      if (isHolder(client) && client !== this) wrapClient(client, holding);
      if (isHolder(client)) dropIfPossible(client, tracker, run);
      const call = (): unknown => body(...given);
      // A savepoint leaves its events to the transaction around it.
      const store = independent ? outbox?.(client as never) : undefined;
      return store === undefined ? run.body(call) : storeBeforeCommit(run, call, client, store);
    };
    return run.around(() => method.apply(this, args));
  };
}

/** Wraps the client of a transaction. One that cannot be changed has no savepoints of its own. */
function wrapClient(client: object, holding: Holding): void {
  try {
    wrapMethods(client, { ...holding, isOutermost: false });
  } catch {
    // A frozen client, or a proxy: its events belong to the transaction around them.
  }
}

function dropIfPossible(client: object, tracker: TrackerService, run: HeldRun): void {
  try {
    dropAtRollback(client, tracker, run);
  } catch {
    // A frozen client: its events are sent if the library resolves.
  }
}

function forking(method: Method, holding: Holding): Method {
  return function (this: unknown, ...args) {
    const fork = method.apply(this, args) as object;
    wrapMethods(fork, holding);
    return fork;
  };
}

/** Returns how a transaction of MikroORM behaves inside another one; its default is `nested`. */
function propagationOf(args: readonly unknown[]): unknown {
  return args.map((each) => isHolder(each) && (each as { propagation?: unknown }).propagation).find(Boolean);
}

/**
 * True if MikroORM runs a callback in the transaction that there is, or without one. Such a
 * callback is no savepoint: its rows stay if it throws and the caller catches that.
 */
function opensNone(propagation: unknown, isInside: boolean): boolean {
  switch (propagation) {
    case 'required':
      return isInside;
    case 'not_supported':
      return !isInside;
    default:
      return propagation === 'supports' || propagation === 'mandatory' || propagation === 'never';
  }
}

/** True for an EntityManager of MikroORM that opens no transaction, whatever the propagation. */
function isSwitchedOff(target: unknown): boolean {
  const context = hasMethod(target, 'getContext') && (target as unknown as { getContext: Method }).getContext(false);
  return [target, context].some(
    (each) => isHolder(each) && (each as { disableTransactions?: unknown }).disableTransactions === true,
  );
}

/** True for an EntityManager of MikroORM that is used inside its transaction. */
function isInTransaction(target: unknown): boolean {
  return hasMethod(target, 'isInTransaction') && (target as { isInTransaction: Method }).isInTransaction() === true;
}

function hasMethod(target: unknown, name: string): target is object {
  return isHolder(target) && typeof (target as Record<string, unknown>)[name] === 'function';
}

function isHolder(target: unknown): target is object {
  return (typeof target === 'object' && target !== null) || typeof target === 'function';
}
