/** The table of an outbox. Writers and relays may have different versions: `format` says which. */
import { createHash } from 'node:crypto';
import { quoteTable } from '../backends/postgres/identifiers';

export const OUTBOX_TABLE = 'tracking_outbox';
/** Newest format of a row. Relays read this one and earlier ones, and leave newer ones alone. */
export const FORMAT = 1;

/** Fix for a table that does not exist. */
export const CREATE_FIX =
  'create it with the SQL that `npx --no event-tracking sql --dialect postgres --for outbox` prints, or set ensureTable: true of OutboxRelay';

/** Place of the table of an outbox. */
export interface OutboxTable {
  /** Schema of the table.  @default the first of the connection's search_path */
  readonly schema?: string | undefined;
  /** Name of the table.  @default 'tracking_outbox' */
  readonly table?: string | undefined;
}

export function quoteOutbox({ schema, table = OUTBOX_TABLE }: OutboxTable): string {
  return quoteTable(schema, table);
}

/**
 * Returns the statement that creates the table. Its rows are short-lived, so the table is vacuumed
 * early: relays would read past the dead rows at its beginning.
 */
export function outboxTableSql(place: OutboxTable): string {
  const lines = [
    '  tracker text NOT NULL',
    '  position bigint GENERATED ALWAYS AS IDENTITY',
    '  format smallint NOT NULL',
    '  head text NOT NULL',
    '  event text NOT NULL',
    '  created_at timestamptz NOT NULL DEFAULT now()',
    '  leased_until timestamptz',
    '  leased_by text',
    '  attempts int NOT NULL DEFAULT 0',
    '  PRIMARY KEY (tracker, position)',
  ];
  const settings = 'fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000';
  return `CREATE TABLE IF NOT EXISTS ${quoteOutbox(place)} (\n${lines.join(',\n')}\n) WITH (${settings})`;
}

/** Name of the channel on which a commit wakes the relays of a table. */
export function channelOf({ schema = '', table = OUTBOX_TABLE }: OutboxTable): string {
  const name = schema === '' ? table : `${schema}.${table}`;
  // PostgreSQL refuses the name of a channel that it would have to cut.
  return Buffer.byteLength(name) < 60 ? name : createHash('sha256').update(name).digest('hex').slice(0, 32);
}
