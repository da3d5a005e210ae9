import mongoose, { type mongo } from 'mongoose';
import type { MongoBackendOptions } from 'nestjs-event-tracking/mongoose';
import { CollectionSetup } from '../../../src/backends/mongo/collection-setup';

export const { MongoServerError, MongoNetworkError } = mongoose.mongo;

/**
 * A server at the level of commands, for what the one of the tests does not have: it takes each, or
 * fails as `failing` says.
 */
class CommandDouble {
  readonly commands: unknown[] = [];
  readonly failing = new Map<string, Error[]>();
  /** undefined while the collection does not exist. */
  found: { type: string; uuid: string; options?: object } | undefined;
  readonly existing: object[] = [];
  private made = 0;

  readonly db = {
    createCollection: (name: string, options: object) =>
      this.run('create', { name, ...options }, 'timeseries', options),
    collection: (name: string) => ({
      createIndexes: (indexes: object[]) => this.run('createIndexes', { name, indexes }, 'collection'),
      indexes: () => Promise.resolve(this.existing),
    }),
    listCollections: () => ({ toArray: () => this.list() }),
  } as unknown as mongo.Db;

  drop(): void {
    this.found = undefined;
  }

  /** As an insert does: an ordinary collection. */
  write(): void {
    this.found ??= { type: 'collection', uuid: String(++this.made) };
  }

  private async list(): Promise<object[]> {
    await Promise.resolve();
    this.fail('listCollections');
    if (this.found === undefined) return [];
    const { uuid, ...found } = this.found;
    return [{ name: 'events', ...found, info: { uuid } }];
  }

  private async run(command: string, facts: object, type: string, options = {}): Promise<void> {
    this.commands.push({ [command]: facts });
    await Promise.resolve();
    this.fail(command);
    this.found ??= { type, uuid: String(++this.made), options };
  }

  private fail(command: string): void {
    const error = this.failing.get(command)?.shift();
    if (error !== undefined) throw error;
  }
}

interface SetUp {
  readonly setup: CollectionSetup;
  readonly server: CommandDouble;
  readonly said: string[];
  /** Lets time pass. */
  readonly later: (ms: number) => void;
}

export function setUp(options: MongoBackendOptions): SetUp {
  const said: string[] = [];
  let nowMs = 0;
  const setup = new CollectionSetup(
    options,
    'events',
    (text) => said.push(text),
    () => nowMs,
  );
  return { setup, server: new CommandDouble(), said, later: (ms) => (nowMs += ms) };
}

export const refusal = (code: number, codeName?: string): Error =>
  new MongoServerError({ message: 'dup key: { email: "secret" }', code, ...(codeName && { codeName }) });
export const index = (...indexes: object[]): object => ({ createIndexes: { name: 'events', indexes } });
