import { consumer, type TrackingModuleOptions } from 'nestjs-event-tracking';
import { fromDrizzle, OutboxRelay, type DrizzleQueryable, type SqlClient } from 'nestjs-event-tracking/postgres';
import { DATABASE, type Database } from '../database/database';
import { DatabaseModule } from '../database/database.module';

/**
 * False with REDIS_URL but without DATABASE_URL: the workers run the relay then, and cannot see a
 * database in the memory of the web process.
 */
const hasRelay = !process.env.REDIS_URL || Boolean(process.env.DATABASE_URL);

/** The consumers of the tracker: the relay, which sends the events of the outbox. */
export const outboxRelay: TrackingModuleOptions['consumers'] = hasRelay
  ? {
      outbox: consumer(
        OutboxRelay,
        {
          inject: [DATABASE],
          useFactory: (database: Database) => ({ client: fromDrizzle(database), ensureTable: true }),
        },
        { imports: [DatabaseModule] },
      ),
    }
  : undefined;

/**
 * Options of `tracker.transaction` that store its events with the commit of `transaction`. Without
 * a relay the events are held until the commit.
 */
export function outboxOf(transaction: DrizzleQueryable): { outbox?: SqlClient } {
  return hasRelay ? { outbox: fromDrizzle(transaction) } : {};
}
