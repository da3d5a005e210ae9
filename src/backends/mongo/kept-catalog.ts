/**
 * The documents of the catalog beside the events: an analyst finds with one $lookup what an event of three years ago meant then.
 * So a document is never changed, but for when it was last in force: another one stands beside it under its own hash.
 */
import type { mongo } from 'mongoose';
import type { CatalogDocument, ContextDocument, EventDocument } from '../../catalog/event-document';

/** Of the collection `event_catalog`. */
export interface KeptDocument {
  /** The hash, as in the field `schema.hash` of events. */
  readonly _id: string;
  readonly kind: 'event' | 'context';
  readonly name: string;
  /** When a process first brought it. */
  readonly first_seen: Date;
  /** When one brought it last: at its start, or each hour while it runs. */
  readonly last_seen: Date;
  readonly [field: string]: unknown;
}

export async function keepCatalog(
  collection: mongo.Collection<KeptDocument>,
  { events, contexts }: CatalogDocument,
): Promise<void> {
  const now = new Date();
  const documents = [...events.map(eventFields), ...contexts.map(contextFields)];
  if (documents.length === 0) return;
  await collection.bulkWrite(
    documents.map(({ _id, ...fields }) => ({
      updateOne: {
        filter: { _id },
        update: { $setOnInsert: { ...withoutNulls(fields), first_seen: now }, $max: { last_seen: now } },
        upsert: true,
      },
    })),
    { ordered: false },
  );
}

type Fields = Omit<KeptDocument, 'first_seen' | 'last_seen'> & { readonly _id: string };

/** A key like `$schema` cannot be written by every server: what is JSON Schema is kept as its text. */
function eventFields({ hash, data, context, ...document }: EventDocument): Fields {
  return { _id: hash, kind: 'event', ...document, data_schema: schemaText(data), context_schema: schemaText(context) };
}

function contextFields({ hash, fields, ...document }: ContextDocument): Fields {
  return { _id: hash, kind: 'context', ...document, fields_schema: schemaText(fields) };
}

/** What nobody has said is not there; a server may leave it out itself. */
function withoutNulls(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function schemaText(schema: object | null): string | null {
  return schema === null ? null : JSON.stringify(schema);
}
