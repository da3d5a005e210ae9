import type { Filter, MongoClient } from 'mongodb';
import type { EventFields, IdentifiedEvent } from '../../event/tracking-event';
import { mongo } from './peers';

const CONNECT_MS = 10_000;
const PAGE_EVENTS = 500;

/** Kinds of ids in the order of MongoDB. `$gt` compares an id only with those of its kind. */
const KINDS = ['number', 'string', 'object', 'binData', 'objectId', 'bool', 'date', 'timestamp'] as const;
const KIND_OF_CLASS: Readonly<Partial<Record<string, (typeof KINDS)[number]>>> = {
  ...{ Int32: 'number', Double: 'number', Long: 'number', Decimal128: 'number' },
  ...{ Binary: 'binData', ObjectId: 'objectId', Timestamp: 'timestamp' },
};

/** A stored document with its position among all of them. */
export interface StoredEvent {
  /** Undefined for a document that is no event. */
  readonly event: IdentifiedEvent | undefined;
  readonly id: unknown;
}

/** Reads the events that a MongoBackend has stored in a collection. */
export class StoredEvents {
  private constructor(
    private readonly client: MongoClient,
    private readonly collection: string,
  ) {}

  /** @throws errors of the driver, for a URL that is not valid or a server that does not answer */
  static async open(url: string, collection: string): Promise<StoredEvents> {
    const client = new mongo.MongoClient(url, { serverSelectionTimeoutMS: CONNECT_MS });
    await client.connect();
    return new StoredEvents(client, collection);
  }

  /** Name of the collection with its database. */
  get name(): string {
    return this.client.db().collection(this.collection).namespace;
  }

  /** Returns the position behind the document with an id, for `read`. */
  static positionOf(id: unknown): string {
    return mongo.BSON.EJSON.stringify({ id }, { relaxed: false });
  }

  /**
   * Returns the names of all collections in the database if this one is not among them; undefined
   * if it is.
   */
  async othersIfMissing(): Promise<readonly string[] | undefined> {
    const db = this.client.db();
    if ((await db.collection(this.collection).findOne({}, { projection: { _id: 1 } })) !== null) return undefined;
    const found = await db.listCollections({}, { nameOnly: true, authorizedCollections: true }).toArray();
    const names = found.map(({ name }) => name).sort();
    return names.includes(this.collection) ? undefined : names;
  }

  /**
   * Reads the events in the order of their ids, which is the order of time.
   * @param position where an earlier run has ended; documents may have been removed since
   */
  async *read(position?: string): AsyncGenerator<StoredEvent> {
    const options = { sort: { _id: 1 }, batchSize: PAGE_EVENTS } as const;
    const filter = position === undefined ? {} : behind(position);
    const found = this.client.db().collection<EventFields>(this.collection).find(filter, options);
    for await (const document of found) yield { event: eventOf(document), id: document._id };
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

/** Returns a filter for the documents behind a position, ids of other kinds included. */
function behind(position: string): Filter<EventFields> {
  const { id } = mongo.BSON.EJSON.parse(position, { relaxed: false }) as { readonly id: unknown };
  const kind = kindOf(id);
  const later = kind === undefined ? KINDS : KINDS.slice(KINDS.indexOf(kind) + 1);
  return { $or: [{ _id: { $gt: id } }, ...later.map((type) => ({ _id: { $type: type } }))] } as object;
}

/** Returns the kind of an id; undefined for null, which is before all others. */
function kindOf(id: unknown): (typeof KINDS)[number] | undefined {
  if (id === null) return undefined;
  if (typeof id === 'string') return 'string';
  if (typeof id === 'boolean') return 'bool';
  if (id instanceof Date) return 'date';
  return KIND_OF_CLASS[String((id as { readonly _bsontype?: unknown })._bsontype)] ?? 'object';
}

function eventOf({ _id, ...fields }: Readonly<EventFields>): IdentifiedEvent | undefined {
  const { name, timestamp, context, data, ...added } = fields;
  if (typeof name !== 'string' || !(timestamp instanceof Date) || data === undefined) return undefined;
  if (typeof context !== 'object' || context === null) return undefined;
  const event = { name, timestamp, id: String(_id), context: context as EventFields, data: data as EventFields };
  return { ...event, ...added };
}
