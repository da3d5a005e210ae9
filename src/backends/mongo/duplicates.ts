/**
 * Decides whether a duplicate key means that the event was stored before. It does, unless the
 * application has its own unique index: then another event is in conflict, and reporting this one
 * as delivered would lose it. MongoDB names the index in the message; compatible servers may not.
 */
import type { mongo } from 'mongoose';
import type { EventDocument } from './event-document';

export interface DuplicateKey {
  readonly id: string;
  /** Error message of the server. */
  readonly message: string;
}

/**
 * Returns the ids of the events that are stored. Rejects if the server must be asked and does not
 * answer.
 */
export async function deliveredBefore(
  collection: mongo.Collection<EventDocument>,
  duplicates: readonly DuplicateKey[],
): Promise<ReadonlySet<string>> {
  const doubtful = duplicates.filter(({ message }) => indexIn(message) !== '_id_');
  const sure = duplicates.filter(({ message }) => indexIn(message) === '_id_').map(({ id }) => id);
  if (doubtful.length === 0) return new Set(sure);
  const ids = doubtful.map(({ id }) => id);
  const isById = doubtful.every(({ message }) => indexIn(message) === undefined) && !(await hasUniqueIndex(collection));
  return new Set([...sure, ...(isById ? ids : await idsThere(collection, ids))]);
}

function indexIn(message: string): string | undefined {
  return / index: (\S+)/.exec(message)?.[1];
}

/** True if the collection has a unique index in addition to the index on `_id`. */
async function hasUniqueIndex(collection: mongo.Collection<EventDocument>): Promise<boolean> {
  return (await collection.indexes()).some(({ name, unique }) => unique === true && name !== '_id_');
}

/** @returns the ids that the primary has: a secondary may not have them yet */
async function idsThere(collection: mongo.Collection<EventDocument>, ids: readonly string[]): Promise<string[]> {
  const found = collection.find({ _id: { $in: ids } }, { projection: { _id: 1 }, readPreference: 'primary' });
  return (await found.toArray()).map(({ _id }) => _id);
}
