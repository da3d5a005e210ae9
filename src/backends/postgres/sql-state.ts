/**
 * Classifies errors by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 *
 * A refusal classified as a server problem would be sent again for a week. A server problem
 * classified as a refusal would turn an outage into dead letters. So only errors in the row itself
 * are final, and all others are retried. The server's messages quote values, so no reason contains
 * them; names of columns and constraints are the application's own.
 */
export interface StateVerdict {
  /** True if PostgreSQL refuses the row itself, and would refuse it again. */
  readonly isRefused: boolean;
  /** Fix for the operator. */
  readonly fix?: string | undefined;
}

/**
 * Classes and codes of an error in a row: cardinality, data, integrity constraints, WITH CHECK
 * OPTION, a trigger that raises an exception, and limits that a row exceeds.
 */
const REFUSED_CLASSES: ReadonlySet<string> = new Set(['21', '22', '23', '44', '54', 'P0']);

const FIXES: ReadonlyMap<string, string> = new Map([
  ['08P01', 'check that the URL leads to PostgreSQL, and the pooler in front of it'],
  ['25006', 'this server is read-only, such as a standby: use the address of the primary'],
  ['25P02', 'pass a pool, not a connection with a transaction of its own'],
  ['28000', 'check the user in the URL, and pg_hba.conf'],
  ['28P01', 'check the user and password in the URL'],
  ['3D000', 'create the database'],
  ['3F000', 'create the schema, or set ensureTable: true'],
  [
    '42501',
    "give the connection's user INSERT and SELECT on the table (with ensureTable: also CREATE on the schema; with expireAfterDays: also DELETE and UPDATE, or the ownership of the partitions)",
  ],
  ['42703', 'add the columns that `npx --no event-tracking sql` prints, or set ensureTable: true'],
  ['42804', 'change the type in columns to the type that the column has'],
  ['42846', 'change the type in columns to one that text can be cast to'],
  ['42704', 'correct the type in columns'],
  ['42P01', 'create the table with the SQL that `npx --no event-tracking sql` prints, or set ensureTable: true'],
  ['42P10', 'the table needs the primary key that `npx --no event-tracking sql` prints'],
  ['53100', 'the disk of the server is full'],
  ['53300', 'raise max_connections of the server, or lower the size of the pools'],
  ['57014', 'raise statement_timeout of the connection, or lower batch.maxEvents in delivery'],
]);

/** Returns what an SQLSTATE means for the rows of a statement. */
export function judgeState(state: string): StateVerdict {
  return { isRefused: REFUSED_CLASSES.has(state.slice(0, 2)), fix: FIXES.get(state) };
}

/** Facts of an error that are safe to show. */
export interface SqlFailure {
  /** SQLSTATE; undefined if PostgreSQL did not answer. */
  readonly state: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  /** Error that is the cause of all others. */
  readonly root: unknown;
}

/** SQLSTATEs begin with a digit or with F0, HV, P0 or XX. Prisma's P2010 is none. */
const STATE = /^(?:\d[\dA-Z]|F0|HV|P0|XX)[\dA-Z]{3}$/;
/** Maximum number of errors to look at: errors wrap errors, and may contain themselves. */
const MAX_DEPTH = 10;

/**
 * Returns the facts of an error. Libraries wrap the error of the driver: TypeORM in `driverError`,
 * Drizzle in `cause`, Prisma in `meta`, whose `driverAdapterError` has a `cause` with
 * `originalCode`.
 */
export function sqlFailure(error: unknown): SqlFailure {
  let at: unknown = error;
  let root: unknown = error;
  for (let depth = 0; depth < MAX_DEPTH && typeof at === 'object' && at !== null; depth++) {
    const { code, originalCode, column, constraint, table, ...inside } = at as Readonly<Record<string, unknown>>;
    root = at;
    const state = [code, originalCode].find((each) => typeof each === 'string' && STATE.test(each));
    if (typeof state === 'string')
      return { state, column: textOr(column), constraint: constraintOf(constraint), table: textOr(table), root };
    const { driverError, cause, meta, driverAdapterError } = { cause: (at as Error).cause, ...inside } as Inside;
    at = [driverError, cause, driverAdapterError, meta].find((each) => each !== undefined && each !== at);
  }
  return { state: undefined, column: undefined, constraint: undefined, table: undefined, root };
}

type Inside = Readonly<Partial<Record<'driverError' | 'cause' | 'meta' | 'driverAdapterError', unknown>>>;

/** Prisma names the index of a unique constraint: `{ index: 'one_code' }`. */
function constraintOf(constraint: unknown): string | undefined {
  const { index } = Object(constraint) as { readonly index?: unknown };
  return textOr(constraint) ?? textOr(index);
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Functions of PostgreSQL that find no partition for a row, or the wrong one: it was inserted into
 * one partition, or another process has just created the right one next to a DEFAULT partition.
 */
const PARTITION_ROUTINES: readonly unknown[] = ['ExecFindPartition', 'ExecPartitionCheckEmitError'];
/** Both in the language of the server's messages, if that is English. */
const PARTITION_MESSAGE =
  /^(?:(?:db error: )?ERROR: )?(?:no partition of relation "|new row for relation "[^"]*" violates partition constraint)/;
/** Key of a partition, in any language. A check constraint shows the row, with its id first. */
const PARTITION_KEY = /^[^(]*\(occurred_at\) = \(/;

/**
 * True if a row fits no partition. Its code is that of a check constraint, so the name of the
 * server's function decides. Libraries that leave it out, such as Prisma, pass on the message and
 * its detail; others at least the table of an error that has no constraint.
 */
export function isWithoutPartition({ state, constraint, table, root }: SqlFailure): boolean {
  if (state !== '23514') return false;
  const { routine, message, originalMessage, detail } = root as Readonly<Record<string, unknown>>;
  if (typeof routine === 'string') return PARTITION_ROUTINES.includes(routine);
  if (constraint !== undefined) return false;
  const texts = [message, originalMessage, detail].filter((each) => typeof each === 'string');
  return table !== undefined || texts.some((text) => PARTITION_MESSAGE.test(text) || PARTITION_KEY.test(text));
}
