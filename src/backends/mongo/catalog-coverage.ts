import type { mongo } from 'mongoose';
import type { KeptDocument } from './kept-catalog';

export interface StoredCoverageOptions {
  /** The collection of the events.  @default 'events' */
  readonly events?: string | undefined;
  /** That of the catalog.  @default 'event_catalog' */
  readonly catalog?: string | undefined;
  /** Events before it are not counted.  @default all are */
  readonly since?: Date | undefined;
}

export interface StoredEventName {
  readonly name: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** What is stored beside what is documented. */
export interface StoredCoverage {
  /** Documented, and stored. */
  readonly seen: readonly StoredEventName[];
  /** Stored, and in no document. */
  readonly undocumented: readonly StoredEventName[];
  /** Documented, and never stored. */
  readonly unseen: readonly string[];
}

/**
 * Holds the stored events against the documents that are kept beside them. Counts every event: it is for a report, not for a
 * request.
 * @param db `connection.db` of mongoose
 */
export async function storedCoverage(db: mongo.Db, options: StoredCoverageOptions = {}): Promise<StoredCoverage> {
  const { events = 'events', catalog = 'event_catalog', since } = options;
  const names = await db
    .collection(events)
    .aggregate<StoredEventName>([
      ...(since === undefined ? [] : [{ $match: { timestamp: { $gte: since } } }]),
      {
        $group: {
          _id: '$name',
          count: { $sum: 1 },
          firstAt: { $min: '$timestamp' },
          lastAt: { $max: '$timestamp' },
        },
      },
      { $project: { _id: 0, name: '$_id', count: 1, firstAt: 1, lastAt: 1 } },
      { $sort: { name: 1 } },
    ])
    .toArray();
  const documented = new Set(await db.collection<KeptDocument>(catalog).distinct('name', { kind: 'event' }));
  const stored = new Set(names.map(({ name }) => name));
  return {
    seen: names.filter(({ name }) => documented.has(name)),
    undocumented: names.filter(({ name }) => !documented.has(name)),
    unseen: [...documented].filter((name) => !stored.has(name)).sort(),
  };
}
