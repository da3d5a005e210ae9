import { createHash } from 'node:crypto';
import type { StoredEvents } from '../../backends/mongo/stored-events';
import type * as Stored from '../../backends/mongo/stored-events';
import { describeError } from '../../event/normal-form';
import type { IdentifiedEvent } from '../../event/tracking-event';
import { CommandFailedException } from '../command-failed.exception';
import { oneOf } from './one-of';
import type { ImportRun } from './import-events';
import type { ImportSource } from './import.command';

const PAGE_EVENTS = 500;

/** Events that a MongoBackend has stored. */
export class MongoSource implements ImportSource {
  readonly title = 'MongoDB';
  readonly path: string;
  readonly bytes = undefined;
  readonly bytesRead = 0;

  private constructor(private readonly events: StoredEvents) {
    this.path = `mongo ${events.name}`;
  }

  /** @throws CommandFailedException if the server cannot be reached */
  static async open(url: string, collection: string): Promise<MongoSource> {
    let events: StoredEvents | undefined;
    let others: readonly string[] | undefined;
    try {
      events = await stored().StoredEvents.open(url, collection);
      others = await events.othersIfMissing();
    } catch (error) {
      await events?.close();
      throw CommandFailedException.create(
        `the database of --mongo cannot be used: ${describeError(error)}`,
        '--mongo mongodb://localhost:27017/tracking',
        error,
      );
    }
    if (others === undefined) return new MongoSource(events);
    const { name } = events;
    await events.close();
    throw CommandFailedException.create(
      `there is no collection ${name} in the database of --mongo.`,
      others.length === 0 ? 'check the name of the database, which is empty' : `--collection ${oneOf(others)}`,
    );
  }

  /** The name of the collection, by which an interrupted run is known. */
  head(bytes = 0): Promise<{ readonly bytes: number; readonly sha256: string }> {
    return Promise.resolve({ bytes, sha256: createHash('sha256').update(this.path).digest('hex') });
  }

  async feed(run: ImportRun): Promise<undefined> {
    let page: IdentifiedEvent[] = [];
    let last: unknown;
    const take = async (): Promise<void> => {
      await run.takeStored(page, { position: last === undefined ? undefined : stored().StoredEvents.positionOf(last) });
      page = [];
    };
    for await (const { event, id } of this.events.read(run.startPosition)) {
      if (event === undefined) {
        await take();
        run.takeBroken('is a document without name, timestamp, context or data');
      } else page.push(event);
      last = id;
      if (page.length >= PAGE_EVENTS) await take();
    }
    await take();
    return undefined;
  }

  async close(): Promise<void> {
    await this.events.close();
  }
}

function stored(): typeof Stored {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- mongoose is an optional peer
  return require('../../backends/mongo/stored-events') as typeof Stored;
}
