import mongoose, { type mongo } from 'mongoose';
import type { MongoBackendOptions } from 'nestjs-event-tracking/mongoose';
import { CollectionSetup } from '../../../src/backends/mongo/collection-setup';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { event, ownDatabase, startMongo, stored } from './support';

const { MongoServerError, MongoNetworkError } = mongoose.mongo;

/** A server at the level of commands, for what the one of the tests does not have: it takes each, or fails as `failing` says. */
class CommandDouble {
  readonly commands: unknown[] = [];
  readonly failing = new Map<string, Error[]>();
  type = 'collection';

  readonly db = {
    createCollection: (name: string, options: object) => this.run('create', { name, ...options }),
    collection: (name: string) => ({
      createIndexes: (indexes: object[]) => this.run('createIndexes', { name, indexes }),
    }),
    listCollections: ({ name }: { name: string }) => ({ toArray: () => Promise.resolve([{ name, type: this.type }]) }),
  } as unknown as mongo.Db;

  private run(command: string, facts: object): Promise<void> {
    this.commands.push({ [command]: facts });
    const error = this.failing.get(command)?.shift();
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  }
}

function setUp(options: MongoBackendOptions): { setup: CollectionSetup; server: CommandDouble; said: string[] } {
  const said: string[] = [];
  return {
    setup: new CollectionSetup(options, 'events', (text) => said.push(text)),
    server: new CommandDouble(),
    said,
  };
}

const refusal = (code: number, codeName?: string): Error =>
  new MongoServerError({ message: 'dup key: { email: "secret" }', code, ...(codeName && { codeName }) });
const index = (...indexes: object[]): object => ({ createIndexes: { name: 'events', indexes } });

describe('The collection', () => {
  it('gets indexes on timestamp and name, and those that the application asks for, once', async () => {
    const { setup, server, said } = setUp({ indexes: [{ key: { 'context.user_id': 1 }, sparse: true }] });
    await setup.inBackground(server.db);
    await setup.inBackground(server.db);
    expect(server.commands).toEqual([
      index({ key: { timestamp: 1 } }),
      index({ key: { name: 1 } }),
      index({ key: { 'context.user_id': 1 }, sparse: true }),
    ]);
    expect(said).toEqual([]);
  });

  it('gets no index where the application wants none', async () => {
    const { setup, server } = setUp({ indexes: false, expireAfterSeconds: 60 });
    await setup.inBackground(server.db);
    expect(server.commands).toEqual([]);
  });

  it('expires events by the index on their time', async () => {
    const { setup, server } = setUp({ expireAfterSeconds: 86_400 });
    await setup.inBackground(server.db);
    expect(server.commands[0]).toEqual(index({ key: { timestamp: 1 }, expireAfterSeconds: 86_400 }));
    expect(server.commands).toHaveLength(2);
  });

  it('is made a time series before the first event, and expires its events by itself', async () => {
    const { setup, server, said } = setUp({
      timeSeries: true,
      metaField: 'name',
      granularity: 'hours',
      expireAfterSeconds: 60,
    });
    server.type = 'timeseries';
    await setup.beforeEvents(server.db);
    await setup.beforeEvents(server.db);
    await setup.inBackground(server.db);
    expect(server.commands).toEqual([
      {
        create: {
          name: 'events',
          timeseries: { timeField: 'timestamp', metaField: 'name', granularity: 'hours' },
          expireAfterSeconds: 60,
        },
      },
      index({ key: { timestamp: 1 } }),
      index({ key: { name: 1 } }),
    ]);
    expect(said).toEqual([]);
  });

  it('is asked for once as a time series, however many batches wait for it', async () => {
    const { setup, server, said } = setUp({ timeSeries: true });
    server.failing.set('create', [refusal(238, 'NotImplemented')]);
    await Promise.all([1, 2, 3].map(() => setup.beforeEvents(server.db)));
    expect(server.commands).toHaveLength(1);
    expect(said).toEqual([expect.stringContaining('refuses to make a time series (238 NotImplemented)')]);
  });

  it('may be there already as a time series', async () => {
    const { setup, server, said } = setUp({ timeSeries: true });
    server.type = 'timeseries';
    server.failing.set('create', [refusal(48, 'NamespaceExists')]);
    await setup.beforeEvents(server.db);
    expect(said).toEqual([]);
  });

  it('is used as it is, which is told once, if it was there before as no time series', async () => {
    const { setup, server, said } = setUp({ timeSeries: true });
    server.failing.set('create', [refusal(48, 'NamespaceExists')]);
    await setup.beforeEvents(server.db);
    await setup.beforeEvents(server.db);
    expect(said).toEqual([
      expect.stringMatching(/was there before, and is no time series[^]*Mend: give another collection/),
    ]);
  });

  it('goes without what the server refuses, which is told once, without its words', async () => {
    const { setup, server, said } = setUp({ indexes: [{ key: { 'data.email': 1 }, unique: true }] });
    server.failing.set('createIndexes', [refusal(67, 'CannotCreateIndex'), refusal(11000)]);
    await setup.inBackground(server.db);
    await setup.inBackground(server.db);
    expect(server.commands).toHaveLength(3);
    expect(said).toEqual([
      expect.stringContaining(
        'refuses the index on timestamp (67 CannotCreateIndex). Events are written all the same. Mend: ',
      ),
      expect.stringContaining('refuses the index on name (code 11000)'),
    ]);
    expect(said.join()).not.toContain('secret');
  });

  it.each([
    ['is not reached', () => new MongoNetworkError('connect ECONNREFUSED')],
    ['is stepping down', () => refusal(189, 'PrimarySteppedDown')],
  ])('gets its indexes later from a server that %s', async (_what, failure) => {
    const { setup, server, said } = setUp({});
    server.failing.set('createIndexes', [failure(), failure()]);
    await setup.inBackground(server.db);
    await setup.inBackground(server.db);
    expect(server.commands).toHaveLength(2);
    await setup.inBackground(server.db);
    expect(server.commands.slice(2)).toEqual([index({ key: { timestamp: 1 } }), index({ key: { name: 1 } })]);
    expect(said).toEqual([]);
  });

  it('is not written to before it is known whether it can be a time series', async () => {
    const { setup, server } = setUp({ timeSeries: true });
    server.failing.set('create', [new MongoNetworkError('connect ECONNREFUSED')]);
    await expect(setup.beforeEvents(server.db)).rejects.toThrow('ECONNREFUSED');
    server.type = 'timeseries';
    await setup.beforeEvents(server.db);
    expect(server.commands).toHaveLength(2);
  });

  it('gets each index once, however many batches ask for them at once', async () => {
    const { setup, server } = setUp({});
    await Promise.all([1, 2, 3].map(() => setup.inBackground(server.db)));
    expect(server.commands).toHaveLength(2);
  });
});

describeWithServices(['mongo'], 'The collection, on a server,', (urls) => {
  it('gets its indexes in the background', async () => {
    const database = ownDatabase(urls.mongo);
    await startMongo(database.url, { indexes: [{ key: { 'context.user_id': 1, timestamp: -1 } }] });
    const collection = await database.collection();
    let names: (string | undefined)[] = [];
    await until(() => {
      void collection.indexes().then(
        (found) => (names = found.map(({ name }) => name)),
        () => undefined, // it is not there yet
      );
      return names.length === 4;
    });
    expect([...names].sort()).toEqual(['_id_', 'context.user_id_1_timestamp_-1', 'name_1', 'timestamp_1']);
  });

  it('takes events whether or not the server has time series and lets events expire, and tells of each refusal once', async () => {
    const database = ownDatabase(urls.mongo);
    const { send, warnings } = await startMongo(database.url, { timeSeries: true, expireAfterSeconds: 3600 });
    for (let times = 0; times < 3; times += 1) expect(await send([event()])).toEqual([]);
    const other = await startMongo(database.url, { collection: 'expiring', expireAfterSeconds: 3600 });
    for (let times = 0; times < 3; times += 1) expect(await other.send([event()])).toEqual([]);
    const expiring = await database.collection('expiring');
    let names: (string | undefined)[] = [];
    await until(() => {
      void expiring.indexes().then(
        (found) => (names = found.map(({ name }) => name)),
        () => undefined, // a question still under way when the test ends
      );
      return names.includes('name_1');
    });
    expect(names).toContain('timestamp_1');
    expect(await stored(database.collection())).toHaveLength(3);
    expect(await stored(database.collection('expiring'))).toHaveLength(3);
    const refused = [...warnings, ...other.warnings].map((text) => /refuses (.*?) \(238/.exec(text)?.[1]);
    expect([[], ['to make a time series', 'the index by which events expire']]).toContainEqual(refused);
  });
});
