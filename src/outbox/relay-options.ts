import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { flag, number } from '../common/option-rules';
import {
  checkConnection,
  CONNECTION_RULES,
  nameRule,
  type PostgresConnection,
} from '../backends/postgres/connection-rules';
import type { SqlClient } from '../sql/sql-client';
import type { OutboxTable } from './outbox-table';

export interface OutboxRelayOptions extends OutboxTable, PostgresConnection {
  /** True to create the table.  @default false: a migration creates it */
  readonly ensureTable?: boolean | undefined;
  /**
   * False never waits for NOTIFY, which needs a connection of its own: right behind a pooler in
   * transaction mode.
   * @default true, if the client can
   */
  readonly listen?: boolean | undefined;
  /**
   * Milliseconds after which it looks for rows without being woken.
   * @default 1000; 5000 while it listens
   */
  readonly pollIntervalMs?: number | undefined;
  /**
   * Milliseconds for which a row belongs to a relay that does not renew it, at least 3000. Another
   * relay takes it then.
   * @default 30_000
   */
  readonly leaseMs?: number | undefined;
  /** Number of rows taken at once.  @default 200 */
  readonly batchSize?: number | undefined;
  /** Limit of rows that are taken and not finished.  @default 1000, at least twice `batchSize` */
  readonly maxInFlight?: number | undefined;
}

export interface ResolvedRelayOptions extends OutboxTable {
  readonly client: SqlClient | undefined;
  readonly connectionString: string | undefined;
  readonly ensureTable: boolean;
  readonly listen: boolean;
  readonly pollIntervalMs: number | undefined;
  readonly leaseMs: number;
  readonly batchSize: number;
  readonly maxInFlight: number;
}

/** Up to 2^31 - 1, the largest value of a timer. */
const COUNT = number({ min: 1, max: 2 ** 31 - 1, isWhole: true }, { fix: 'leave it out, or give a number' });

/** Rules for the place of the table, as the relay and the tracker take it. */
export const TABLE_RULES: OptionRules<OutboxTable> = {
  schema: nameRule('tracking'),
  table: nameRule('tracking_outbox'),
};

const RULES: OptionRules<OutboxRelayOptions> = {
  ...TABLE_RULES,
  ...CONNECTION_RULES,
  ensureTable: flag({ fix: 'ensureTable: true, or leave it out and create the table by a migration' }),
  listen: flag({ fix: 'listen: false, or leave it out' }),
  leaseMs: number({ min: 3000, max: 2 ** 31 - 1, isWhole: true }, { fix: 'leave it out, or leaseMs: 30_000' }),
  ...{ pollIntervalMs: COUNT, batchSize: COUNT, maxInFlight: COUNT },
};

/**
 * Validates the options of OutboxRelay and fills in the defaults.
 * @throws TrackingConfigException listing every error
 */
export function resolveRelayOptions(options: OutboxRelayOptions): ResolvedRelayOptions {
  const check = new OptionChecker('OutboxRelay', {
    example: 'consumer(OutboxRelay, { connectionString: process.env.DATABASE_URL })',
  });
  const read = check.read(options, RULES, (given) => {
    checkConnection(given, check);
    const { batchSize = 200, maxInFlight } = given;
    if (typeof batchSize === 'number' && typeof maxInFlight === 'number' && maxInFlight < batchSize)
      check.add(
        `maxInFlight is ${String(maxInFlight)}, fewer than the ${String(batchSize)} rows that are taken at once.`,
        'make it larger, or batchSize smaller',
      );
  });
  check.throwIfAny();
  const { client, connectionString, schema, table, ensureTable = false, listen = true, pollIntervalMs } = read;
  const { leaseMs = 30_000, batchSize = 200, maxInFlight = Math.max(1000, 2 * batchSize) } = read;
  return {
    ...{ client, connectionString, schema, table, ensureTable, listen, pollIntervalMs },
    ...{ leaseMs, batchSize, maxInFlight },
  };
}
