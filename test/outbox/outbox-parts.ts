import type { ModuleMetadata } from '@nestjs/common';
import { backend, consumer, MemoryBackend, type TrackingModuleOptions } from '../../src/entries';
import { fromPg, OutboxRelay, type OutboxRelayOptions, type SqlRow } from '../../src/entries/postgres';
import { ownSchema, type OwnSchema } from '../backends/postgres/support';
import { startTracking, type BuiltTracking } from '../support/start-tracking';
import { transact } from '../support/transact';
import { outboxTableSql } from '../../src/outbox/outbox-table';
import type { PoolClient } from 'pg';

/** A schema with the table of an outbox and a table for data. */
export interface OutboxSchema extends OwnSchema {
  /** Options of the tracker for this table. */
  readonly place: Pick<TrackingModuleOptions, 'transactions'>;
  /** Runs `body` in a transaction; rolls back if it rejects. */
  transact<Result>(body: (client: PoolClient) => Promise<Result>): Promise<Result>;
  rows(): Promise<SqlRow[]>;
}

export async function outboxSchema(url: string): Promise<OutboxSchema> {
  const schema = ownSchema(url);
  await schema.query(`CREATE SCHEMA ${schema.name}`);
  await schema.query(outboxTableSql({ schema: schema.name }));
  await schema.query(`CREATE TABLE ${schema.name}.enrolments (course text)`);
  return {
    ...schema,
    place: { transactions: { outbox: { schema: schema.name } } },
    transact: (body) => transact(schema.pool, body),
    rows: () => schema.query(`SELECT tracker, head, event FROM ${schema.name}.tracking_outbox ORDER BY position`),
  };
}

/** An application that stores in the table; without options for a relay it only stores. */
export function startOutbox(
  { place, name: schema, pool }: OutboxSchema,
  relay?: OutboxRelayOptions,
  more: TrackingModuleOptions = {},
  metadata: ModuleMetadata = {},
): Promise<BuiltTracking> {
  const consumers = relay && { outbox: consumer(OutboxRelay, { client: fromPg(pool), schema, ...relay }) };
  const options = { backends: { sink: backend(MemoryBackend) }, ...place, ...more, ...(consumers && { consumers }) };
  return startTracking(options, metadata);
}
