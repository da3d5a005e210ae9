import type { mongo } from 'mongoose';
import type { SeenEvent } from '../../catalog/tracking-catalog';
import type { KeptDocument } from './kept-catalog';

export interface StoredCoverageOptions {
  /** Name of the collection with the events.  @default 'events' */
  readonly events?: string | undefined;
  /** Name of the collection with the catalog.  @default 'event_catalog' */
  readonly catalog?: string | undefined;
  /** Time before which events are not counted.  @default all events are counted */
  readonly since?: Date | undefined;
}

/** Comparison of stored and documented events. */
export interface StoredCoverage {
  /** Events that are documented and stored. */
  readonly seen: readonly SeenEvent[];
  /** Events that are stored but not documented. */
  readonly undocumented: readonly SeenEvent[];
  /** Names of events that are documented but not stored. */
  readonly unseen: readonly string[];
}

interface IdentifiedEvent {
  readonly name: string;
  readonly timestamp: Date;
}

type Filter = mongo.Filter<IdentifiedEvent>;

/**
 * Error code of a server that does not implement a part of an aggregation: FerretDB 1 lacks $min.
 */
const NOT_IMPLEMENTED = 238;

/**
 * Compares the stored events with the documents of the catalog in the same database. Counts every
 * event, so use it for a report, not during a request.
 * @param db `connection.db` of mongoose
 */
export async function storedCoverage(db: mongo.Db, options: StoredCoverageOptions = {}): Promise<StoredCoverage> {
  const { events = 'events', catalog = 'event_catalog', since } = options;
  const filter = since === undefined ? {} : { timestamp: { $gte: since } };
  const names = await namesIn(db.collection<IdentifiedEvent>(events), filter);
  const documented = new Set(await db.collection<KeptDocument>(catalog).distinct('name', { kind: 'event' }));
  const stored = new Set(names.map(({ name }) => name));
  return {
    seen: names.filter(({ name }) => documented.has(name)),
    undocumented: names.filter(({ name }) => !documented.has(name)),
    unseen: [...documented].filter((name) => !stored.has(name)).sort(),
  };
}

async function namesIn(events: mongo.Collection<IdentifiedEvent>, filter: Filter): Promise<SeenEvent[]> {
  const times = { firstAt: { $min: '$timestamp' }, lastAt: { $max: '$timestamp' } };
  try {
    return (await grouped<Times>(events, filter, times)).map(({ _id: name, ...counted }) => ({ name, ...counted }));
  } catch (error) {
    if ((error as { code?: unknown }).code !== NOT_IMPLEMENTED) throw error;
    const counts = await grouped(events, filter, {});
    return Promise.all(
      counts.map(async ({ _id: name, count }) => {
        const [firstAt, lastAt] = await Promise.all(
          ([1, -1] as const).map((order) => endOf(events, { ...filter, name }, order)),
        );
        return { name, count, firstAt: firstAt as Date, lastAt: lastAt as Date };
      }),
    );
  }
}

interface Counted {
  readonly _id: string;
  readonly count: number;
}
type Times = Pick<SeenEvent, 'firstAt' | 'lastAt'>;

function grouped<More extends object = object>(
  events: mongo.Collection<IdentifiedEvent>,
  filter: Filter,
  more: object,
): Promise<(Counted & More)[]> {
  const group = { $group: { _id: '$name', count: { $sum: 1 }, ...more } };
  return events.aggregate<Counted & More>([{ $match: filter }, group, { $sort: { _id: 1 } }]).toArray();
}

async function endOf(
  events: mongo.Collection<IdentifiedEvent>,
  filter: Filter,
  order: 1 | -1,
): Promise<Date | undefined> {
  const [event] = await events.find(filter).sort({ timestamp: order }).limit(1).toArray();
  return event?.timestamp;
}
