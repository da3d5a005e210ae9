import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { createTables, type Database } from '../../src/database/database';

let opened: PGlite | undefined;

/**
 * A database with empty tables. All tests of a file share one PGlite, because it takes seconds to
 * start; so use one at a time.
 */
export async function emptyDatabase(): Promise<Database> {
  // An application that closes must not close it for the next test. It holds no system handle.
  opened ??= Object.assign(new PGlite(), { close: () => Promise.resolve() });
  const database = drizzle({ client: opened });
  await createTables(database);
  await database.execute(sql`TRUNCATE enrolments RESTART IDENTITY`);
  await database.execute(sql`DROP TABLE IF EXISTS tracking_outbox`); // the relay creates it
  return database;
}
