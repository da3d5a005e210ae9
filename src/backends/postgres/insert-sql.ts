import { quoteName, quoteTable, quoteText } from './identifiers';
import { EVENT_TABLE, type PostgresColumn, type TableShape } from './table-sql';
import { castOf } from './type-name';

/** Columns of the table that are fields of a row of the parameter. */
const FIELDS = ['id', 'name', 'occurred_at', 'context', 'data', 'extra'];
/** The rows of the parameter, whose names are those of events. */
const ROWS =
  '(SELECT id, name, "timestamp" AS occurred_at, context, data, extra FROM jsonb_to_recordset($1::text::jsonb) ' +
  'AS e(id uuid, name text, "timestamp" timestamptz, context jsonb, data jsonb, extra jsonb)) AS r';
/** Fields of an event that have a column of their own; all others are in `extra`. */
const WITH_COLUMN: readonly string[] = ['context', 'data'];
/** Column of each field that is a single value in every event. */
const OF_ROW: ReadonlyMap<string, string> = new Map([
  ['id', 'id'],
  ['name', 'name'],
  ['timestamp', 'occurred_at'],
]);
/** Fields of an event that are never a list. */
export const NEVER_LISTS: readonly string[] = [...OF_ROW.keys(), ...WITH_COLUMN];

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
  const names = [...FIELDS, ...own.map(([name]) => quoteName(name))];
  const values = [...FIELDS.map((field) => `r.${field}`), ...own.map(([, column]) => columnSql(column))];
  const key = partitionBy === undefined ? 'id' : 'id, occurred_at';
  return (
    `WITH stored AS (INSERT INTO ${quoteTable(schema, table)} (${names.join(', ')}) ` +
    `SELECT ${values.join(', ')} FROM ${ROWS} ` +
    `ON CONFLICT (${key}) DO NOTHING RETURNING 1) SELECT count(*)::int AS stored FROM stored`
  );
}

/** Returns the expression for a column. PostgreSQL reads the field, so it costs no time here. */
function columnSql({ type, from }: PostgresColumn): string {
  const [first = '', ...rest] = from.split('.');
  const { type: cast, isList } = castOf(type);
  if (rest.length === 0 && !isList && OF_ROW.has(first)) return `r.${OF_ROW.get(first) ?? ''}::${cast}`;
  const path = WITH_COLUMN.includes(first) ? rest : [first, ...rest];
  const source = WITH_COLUMN.includes(first) ? `r.${first}` : 'r.extra';
  const isJson = /^jsonb?$/i.test(cast);
  const keys = path.map(quoteText).join(', ');
  if (isList) return listSql(`jsonb_extract_path(${source}, ${keys})`, cast, isJson);
  if (path.length === 0) return isJson ? `${source}::${cast}` : `(${source}::text)::${cast}`;
  return `jsonb_extract_path${isJson ? '' : '_text'}(${source}, ${keys})::${cast}`;
}

/**
 * Returns the expression for a list. The text of a list of JSON is no literal of a list of
 * PostgreSQL, so each element is cast. What is not a list is an error in its row.
 */
function listSql(field: string, cast: string, isJson: boolean): string {
  const elements = `jsonb_array_elements${isJson ? '' : '_text'}(${field})`;
  return (
    `CASE WHEN coalesce(jsonb_typeof(${field}), 'null') <> 'null' ` +
    `THEN ARRAY(SELECT e.value::${cast} FROM ${elements} WITH ORDINALITY AS e(value, at) ORDER BY e.at) END`
  );
}
