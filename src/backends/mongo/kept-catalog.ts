/**
 * Stores the documents of the catalog next to the events, so that one $lookup shows the meaning of
 * an event at the time it was emitted, even after three years. A stored document never changes,
 * except for `last_seen`. A new version is a new document under its own hash.
 */
import type { mongo } from 'mongoose';
import type { CatalogDocument, ContextDocument, EventDocument } from '../../catalog/event-document';

/** Document of the collection `event_catalog`. */
export interface KeptDocument {
  /** Hash of the document, as in the field `schema.hash` of events. */
  readonly _id: string;
  readonly kind: 'event' | 'context';
  readonly name: string;
  /** Time when a process first stored it. */
  readonly first_seen: Date;
  /** Time when a process last stored it: at its start, and each hour while it runs. */
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

/**
 * Returns the fields of an event document. JSON Schema is kept as text, because not every server
 * accepts a key like `$schema`.
 */
function eventFields({ hash, data, context, ...document }: EventDocument): Fields {
  return { _id: hash, kind: 'event', ...document, data_schema: schemaText(data), context_schema: schemaText(context) };
}

function contextFields({ hash, fields, ...document }: ContextDocument): Fields {
  return { _id: hash, kind: 'context', ...document, fields_schema: schemaText(fields) };
}

/** Removes null fields: an unknown value is left out, and some servers leave it out anyway. */
function withoutNulls(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function schemaText(schema: object | null): string | null {
  return schema === null ? null : JSON.stringify(schema);
}
