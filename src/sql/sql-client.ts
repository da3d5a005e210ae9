/** One row of a result, by the name of the column. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * Value of a parameter. There are no objects and no lists, because libraries encode them
 * differently: pass JSON as text and cast it, `$1::text::jsonb`. The first cast matters to Prisma.
 */
export type SqlValue = string | number | boolean | null;

/**
 * Connection to PostgreSQL, or a transaction. The functions `fromPg`, `fromTypeOrm`, `fromKnex`,
 * `fromKysely`, `fromDrizzle`, `fromMikroOrm` and `fromPrisma` make one from what an application
 * has.
 */
export interface SqlClient {
  /**
   * Runs one statement. Rejects with the library's own error.
   * @param sql one statement, with `$1`, `$2` … for the parameters
   * @param params value of each parameter.  @default none
   * @returns the rows; empty if the statement returns none
   */
  query(sql: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /**
   * Waits for NOTIFY on a channel, over a connection that does nothing else. Rejects if there is no
   * such connection.
   * @param onLost called once if the connection is lost
   * @returns a function that ends the wait
   * @default undefined, if the library cannot do that: nothing waits then, and relays look again
   */
  readonly listen?: Listen | undefined;
}

/** Waits for NOTIFY on a channel; see `SqlClient.listen`. */
export type Listen = (channel: string, onNotify: () => void, onLost: () => void) => Promise<() => Promise<void>>;
