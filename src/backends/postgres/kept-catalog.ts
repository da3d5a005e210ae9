/**
 * Stores the documents of the catalog next to the events, so that a join shows the meaning of an
 * event at the time it was emitted. A stored document never changes, except for `last_seen`. A new
 * version is a new row under its own hash.
 */
import type { CatalogDocument } from '../../catalog/event-document';
import type { SqlClient } from '../../sql/sql-client';
import { quoteTable } from './identifiers';

export async function keepCatalog(client: SqlClient, table: CatalogTable, catalog: CatalogDocument): Promise<void> {
  const events = catalog.events.map((document) => ({ kind: 'event', version: document.version, document }));
  const contexts = catalog.contexts.map((document) => ({ kind: 'context', version: null, document }));
  const rows = [...events, ...contexts].map(({ document, ...row }) => {
    const { hash, name } = document;
    return { hash, name, document, ...row };
  });
  if (rows.length === 0) return;
  const target = quoteTable(table.schema, table.name);
  const sql =
    `INSERT INTO ${target} AS kept (hash, kind, name, version, document) SELECT r.hash, r.kind, r.name, r.version, r.document ` +
    'FROM jsonb_to_recordset($1::text::jsonb) AS r(hash text, kind text, name text, version int, document jsonb) ' +
    'ON CONFLICT (hash) DO UPDATE SET last_seen = greatest(kept.last_seen, excluded.last_seen)';
  await client.query(sql, [JSON.stringify(rows)]);
}

export interface CatalogTable {
  readonly schema: string | undefined;
  readonly name: string;
}
