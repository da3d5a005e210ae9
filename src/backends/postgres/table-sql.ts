/** Writes the statements that create the tables. Nothing here runs them. */
import { createHash } from 'node:crypto';
import { quoteName, quoteTable, quoteText } from './identifiers';
import { nextMonth, type Month } from './month';

export const EVENT_TABLE = 'tracking_events';
export const CATALOG_TABLE = 'tracking_catalog';

/** Column that is filled from a field of the event. */
export interface PostgresColumn {
  /** Type of the column, such as `bigint`, `numeric(10, 2)` or `text[]`, which takes lists. */
  readonly type: string;
  /** Path of the field in the event: `context.user_id`. */
  readonly from: string;
}

/** The table of the events, as its statements need it. */
export interface TableShape {
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly columns?: Readonly<Record<string, Pick<PostgresColumn, 'type'>>> | undefined;
  readonly indexes?: readonly string[] | false | undefined;
  readonly partitionBy?: 'month' | undefined;
}

/** Index with its name, so that it is created once. */
export interface NamedIndex {
  readonly name: string;
  readonly sql: string;
}

export function eventTableSql(shape: TableShape): string {
  const { schema, table = EVENT_TABLE, columns = {}, partitionBy } = shape;
  const own = Object.entries(columns).map(([name, { type }]) => `  ${quoteName(name)} ${type}`);
  // The key of a partitioned table contains the column by which it is partitioned.
  const key = partitionBy === undefined ? ['id'] : ['id', 'occurred_at'];
  const lines = [
    '  id uuid NOT NULL',
    '  name text NOT NULL',
    '  occurred_at timestamptz NOT NULL',
    '  context jsonb NOT NULL',
    '  data jsonb NOT NULL',
    '  extra jsonb',
    '  received_at timestamptz NOT NULL DEFAULT now()',
    ...own,
    `  PRIMARY KEY (${key.join(', ')})`,
  ];
  const partition = partitionBy === undefined ? '' : ' PARTITION BY RANGE (occurred_at)';
  return `CREATE TABLE IF NOT EXISTS ${quoteTable(schema, table)} (\n${lines.join(',\n')}\n)${partition}`;
}

export function addColumnSql({ schema, table = EVENT_TABLE }: TableShape, name: string, type: string): string {
  return `ALTER TABLE ${quoteTable(schema, table)} ADD COLUMN IF NOT EXISTS ${quoteName(name)} ${type}`;
}

export function indexesOf({ schema, table = EVENT_TABLE, indexes = [] }: TableShape): readonly NamedIndex[] {
  if (indexes === false) return [];
  return ['(name, occurred_at)', '(occurred_at)', ...indexes].map((target) => {
    // A name of its own, short enough: two indexes must not be cut to the same name.
    const hash = createHash('sha256').update(target).digest('hex').slice(0, 8);
    const name = `${cut(table, 45)}_${hash}_idx`;
    return {
      name,
      sql: `CREATE INDEX IF NOT EXISTS ${quoteName(name)} ON ${quoteTable(schema, table)} ${target}`,
    };
  });
}

export function partitionSql({ schema, table = EVENT_TABLE }: TableShape, month: Month): string {
  const bounds = [month, nextMonth(month)].map((each) => quoteText(`${each}-01 00:00:00+00`));
  return (
    `CREATE TABLE IF NOT EXISTS ${quoteTable(schema, partitionName(table, month))} PARTITION OF ` +
    `${quoteTable(schema, table)} FOR VALUES FROM (${bounds[0] ?? ''}) TO (${bounds[1] ?? ''})`
  );
}

/** Returns the name of a partition: `tracking_events_2026_11`. */
export function partitionName(table: string, month: Month): string {
  return `${cut(table, 55)}_${month.replace('-', '_')}`;
}

export function catalogTableSql(schema: string | undefined, table = CATALOG_TABLE): string {
  return (
    `CREATE TABLE IF NOT EXISTS ${quoteTable(schema, table)} (\n` +
    '  hash text PRIMARY KEY,\n  kind text NOT NULL,\n  name text NOT NULL,\n  version int,\n' +
    '  document jsonb NOT NULL,\n  first_seen timestamptz NOT NULL DEFAULT now(),\n' +
    '  last_seen timestamptz NOT NULL DEFAULT now()\n)'
  );
}

export function schemaSql(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`;
}

/** Cuts a name to bytes, not in the middle of a character. */
function cut(name: string, bytes: number): string {
  return Buffer.from(name)
    .subarray(0, bytes)
    .toString()
    .replace(/\uFFFD+$/, '');
}
