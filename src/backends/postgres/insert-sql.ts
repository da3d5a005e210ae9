import { quoteName, quoteTable, quoteText } from './identifiers';
import { EVENT_TABLE, type PostgresColumn, type TableShape } from './table-sql';

/** Columns of the table that are fields of a row of the parameter. */
const FIELDS = ['id uuid', 'name text', 'occurred_at timestamptz', 'context jsonb', 'data jsonb', 'extra jsonb'];
/** Fields of an event that have a column of their own; all others are in `extra`. */
const WITH_COLUMN: readonly string[] = ['context', 'data'];

export interface InsertShape extends TableShape {
  readonly columns?: Readonly<Record<string, PostgresColumn>> | undefined;
}

/**
 * Returns the statement that inserts a batch. Its parameter is the JSON text of a list of rows;
 * its result is one row with the number of events that were not there before.
 *
 * It names the key in ON CONFLICT: without it, a conflict in a unique index of the application
 * would drop another event.
 */
export function insertSql({ schema, table = EVENT_TABLE, columns = {}, partitionBy }: InsertShape): string {
  const own = Object.entries(columns);
  const names = [...FIELDS.map((field) => field.split(' ', 1).join('')), ...own.map(([name]) => quoteName(name))];
  const fields = FIELDS.map((field) => `r.${field.split(' ', 1).join('')}`);
  const values = [...fields, ...own.map(([, column]) => columnSql(column))];
  const key = partitionBy === undefined ? 'id' : 'id, occurred_at';
  return (
    `WITH stored AS (INSERT INTO ${quoteTable(schema, table)} (${names.join(', ')}) ` +
    `SELECT ${values.join(', ')} FROM jsonb_to_recordset($1::text::jsonb) AS r(${FIELDS.join(', ')}) ` +
    `ON CONFLICT (${key}) DO NOTHING RETURNING 1) SELECT count(*)::int AS stored FROM stored`
  );
}

/** Returns the expression for a column. PostgreSQL reads the field, so it costs no time here. */
function columnSql({ type, from }: PostgresColumn): string {
  const [first = '', ...rest] = from.split('.');
  const cast = castOf(type);
  if (rest.length === 0 && ['id', 'name', 'timestamp'].includes(first))
    return `r.${first === 'timestamp' ? 'occurred_at' : first}::${cast}`;
  const path = WITH_COLUMN.includes(first) ? rest : [first, ...rest];
  const source = WITH_COLUMN.includes(first) ? `r.${first}` : 'r.extra';
  const isJson = /^jsonb?$/i.test(cast);
  if (path.length === 0) return isJson ? `${source}::${cast}` : `(${source}::text)::${cast}`;
  const keys = path.map(quoteText).join(', ');
  return `jsonb_extract_path${isJson ? '' : '_text'}(${source}, ${keys})::${cast}`;
}

const CHARACTER_TYPE =
  /^(?:pg_catalog\.)?(?:national\s+)?(?:bpchar|varchar|nchar|char(?:acter)?)(?:\s+varying)?\s*(?=\[|$)/i;

/**
 * Returns the type to which a field is cast. A cast to varchar(3), char or bit would cut a longer
 * value without an error; a column of that type refuses it.
 */
function castOf(type: string): string {
  const plain = type.replace(/\([^)]*\)/, '').trim();
  return plain.replace(CHARACTER_TYPE, 'text').replace(/^bit\b(?! varying)/i, 'varbit');
}
