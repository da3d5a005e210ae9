import { createHash } from 'node:crypto';
import type { StoredEvents } from '../../backends/mongo/stored-events';
import type * as Stored from '../../backends/mongo/stored-events';
import { describeError } from '../../event/normal-form';
import type { IdentifiedEvent } from '../../event/tracking-event';
import { CommandFailedException } from '../command-failed.exception';
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
    try {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- mongoose is an optional peer
      const { StoredEvents: events } = require('../../backends/mongo/stored-events') as typeof Stored;
      return new MongoSource(await events.open(url, collection));
    } catch (error) {
      throw CommandFailedException.create(
        `the database of --mongo cannot be used: ${describeError(error)}`,
        '--mongo mongodb://localhost:27017/tracking',
        error,
      );
    }
  }

  /** The name of the collection, by which an interrupted run is known. */
  head(bytes = 0): Promise<{ readonly bytes: number; readonly sha256: string }> {
    return Promise.resolve({ bytes, sha256: createHash('sha256').update(this.path).digest('hex') });
  }

  async feed(run: ImportRun): Promise<undefined> {
    let page: IdentifiedEvent[] = [];
    for await (const event of this.events.read()) {
      if (event !== undefined && page.push(event) < PAGE_EVENTS) continue;
      await run.takeStored(page);
      page = [];
      if (event === undefined) run.takeBroken('is a document without name, timestamp, context or data');
    }
    await run.takeStored(page);
    return undefined;
  }

  async close(): Promise<void> {
    await this.events.close();
  }
}
