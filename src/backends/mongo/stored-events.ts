import type { MongoClient } from 'mongodb';
import type { EventFields, IdentifiedEvent } from '../../event/tracking-event';
import { mongo } from './peers';

const CONNECT_MS = 10_000;
const PAGE_EVENTS = 500;

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

  /**
   * Reads all events in the order of their ids, which is the order of time; undefined for a
   * document that is no event.
   */
  async *read(): AsyncGenerator<IdentifiedEvent | undefined> {
    const options = { sort: { _id: 1 }, batchSize: PAGE_EVENTS } as const;
    const found = this.client.db().collection<EventFields>(this.collection).find({}, options);
    for await (const document of found) yield eventOf(document);
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

function eventOf({ _id, ...fields }: Readonly<EventFields>): IdentifiedEvent | undefined {
  const { name, timestamp, context, data, ...added } = fields;
  if (typeof name !== 'string' || !(timestamp instanceof Date) || data === undefined) return undefined;
  if (typeof context !== 'object' || context === null) return undefined;
  const event = { name, timestamp, id: String(_id), context: context as EventFields, data: data as EventFields };
  return { ...event, ...added };
}
