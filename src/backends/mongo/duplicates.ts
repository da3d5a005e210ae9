/**
 * A duplicate key means that the event is there already, unless the application has a unique index of its own: then another
 * event is in the way, and taking this one for delivered would lose it. MongoDB names the index in the message; a server of its
 * kind need not.
 */
import type { mongo } from 'mongoose';
import type { EventDocument } from './event-document';

export interface DuplicateKey {
  readonly id: string;
  /** Of the server. */
  readonly message: string;
}

/** The ids of those that are there. Rejects if the server has to be asked and does not answer. */
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

/** Besides that of `_id`. */
async function hasUniqueIndex(collection: mongo.Collection<EventDocument>): Promise<boolean> {
  return (await collection.indexes()).some(({ name, unique }) => unique === true && name !== '_id_');
}

/** @returns those that the primary has: a secondary may not have them yet */
async function idsThere(collection: mongo.Collection<EventDocument>, ids: readonly string[]): Promise<string[]> {
  const found = collection.find({ _id: { $in: ids } }, { projection: { _id: 1 }, readPreference: 'primary' });
  return (await found.toArray()).map(({ _id }) => _id);
}
