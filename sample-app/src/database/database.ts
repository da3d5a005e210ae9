import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle as drizzleNodePg } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { Pool } from 'pg';
import { StartError } from '../settings';
import { CREATE_ENROLMENTS } from './tables';

/** A database of Drizzle, and what it talks to. */
export type Database = PgDatabase<PgQueryResultHKT> & { readonly $client: Pool | PGlite };

/** Key of the lock around the creation of the tables; any number that nothing else locks. */
const LOCK = 20_261_101;

/** Injection token of the Database. */
export const DATABASE = Symbol('database');

/**
 * Opens PostgreSQL at the URL. Without a URL it opens PGlite: PostgreSQL inside this process, with
 * its data in memory. Creates the tables that are missing.
 * @throws StartError if the database does not answer
 */
export async function openDatabase(url: string | undefined): Promise<Database> {
  const database = url ? drizzleNodePg({ client: poolOf(url) }) : drizzlePglite({ client: new PGlite() });
  try {
    await createTables(database);
  } catch (error) {
    await closeDatabase(database);
    const reason = rootCause(error);
    throw new StartError(
      url
        ? `The database at DATABASE_URL does not work: ${reason}. Start PostgreSQL, or remove DATABASE_URL to use a database in memory.`
        : `The database in memory does not work: ${reason}. Set DATABASE_URL to a PostgreSQL.`,
    );
  }
  return database;
}

export async function createTables(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    // IF NOT EXISTS fails if two processes create the table at the same time.
    await transaction.execute(sql`SELECT pg_advisory_xact_lock(${LOCK})`);
    await transaction.execute(sql.raw(CREATE_ENROLMENTS));
  });
}

export async function closeDatabase({ $client }: Pick<Database, '$client'>): Promise<void> {
  await ($client instanceof Pool ? $client.end() : $client.close());
}

function poolOf(url: string): Pool {
  const pool = new Pool({ connectionString: url });
  // Without a listener, an idle connection that breaks would end the process. The pool replaces it.
  pool.on('error', () => undefined);
  return pool;
}

/** Returns the message of the error that Drizzle wraps, or its code if there is no message. */
function rootCause(error: unknown): string {
  const { cause = error } = error as Error;
  const { message, code } = cause as NodeJS.ErrnoException;
  return message || String(code);
}
