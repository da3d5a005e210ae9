import { CollectionSetup } from '../../../src/backends/mongo/collection-setup';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { event, ownDatabase, startMongo, stored, usedConnection } from './support';
import { MongoNetworkError, index, refusal, setUp } from './collection-parts';

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
    server.found = { type: 'timeseries', uuid: 'a' };
    await setup.beforeEvents(server.db);
    expect([said, server.commands]).toEqual([[], []]);
  });

  it('is used as it is, which is told once, if it was there before as no time series', async () => {
    const { setup, server, said } = setUp({ timeSeries: true });
    server.write();
    await setup.beforeEvents(server.db);
    await setup.beforeEvents(server.db);
    expect(said).toEqual([
      expect.stringMatching(/was there before, and is no time series[^]*Fix: give another collection/),
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
        'refuses the index on timestamp (67 CannotCreateIndex). Events are written all the same. Fix: ',
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
    await setup.beforeEvents(server.db);
    expect(server.commands).toHaveLength(2);
  });

  it('gets each index once, however many batches ask for them at once', async () => {
    const { setup, server } = setUp({});
    await Promise.all([1, 2, 3].map(() => setup.inBackground(server.db)));
    expect(server.commands).toHaveLength(2);
  });
});

describe('A collection that is dropped while the application runs', () => {
  it('gets its indexes again, with the one by which events expire', async () => {
    const { setup, server, later } = setUp({ expireAfterSeconds: 60, indexes: [{ key: { 'data.isbn': 1 } }] });
    await setup.inBackground(server.db);
    const made = server.commands.splice(0);
    server.drop();
    server.write();
    await setup.inBackground(server.db);
    expect(server.commands).toEqual([]); // it is not looked at for every batch
    later(10_000);
    await setup.inBackground(server.db);
    expect(server.commands).toEqual(made);
    later(10_000);
    await setup.inBackground(server.db);
    expect(server.commands).toHaveLength(made.length);
  });

  it('gets them again although nothing has made it anew by then', async () => {
    const { setup, server, later } = setUp({});
    await setup.inBackground(server.db);
    server.drop();
    later(10_000);
    await setup.inBackground(server.db);
    expect(server.commands).toHaveLength(4);
    expect(server.found).toBeDefined();
  });

  it('is a time series again before the next event', async () => {
    const { setup, server, said, later } = setUp({ timeSeries: true });
    await setup.beforeEvents(server.db);
    await setup.inBackground(server.db);
    server.drop();
    later(1000);
    await setup.beforeEvents(server.db);
    await setup.inBackground(server.db);
    expect(server.commands.map((each) => Object.keys(each as object)[0])).toEqual([
      'create',
      'createIndexes',
      'createIndexes',
      'create',
      'createIndexes',
      'createIndexes',
    ]);
    expect(said).toEqual([]);
  });

  it('is reported once if an event has made an ordinary collection of a time series', async () => {
    const { setup, server, said, later } = setUp({ timeSeries: true });
    await setup.beforeEvents(server.db);
    server.drop();
    server.write();
    for (let times = 0; times < 3; times++) {
      later(1000);
      await setup.beforeEvents(server.db);
    }
    expect(said).toEqual([expect.stringContaining('is no time series')]);
  });

  it('does not get back an index that the operator dropped alone', async () => {
    const { setup, server, later } = setUp({});
    await setup.inBackground(server.db);
    server.existing.length = 0; // one index was dropped
    for (let times = 0; times < 3; times++) {
      later(10_000);
      await setup.inBackground(server.db);
    }
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

  it('gets its indexes again when it was dropped, and when its database was', async () => {
    const database = ownDatabase(urls.mongo);
    const collection = await database.collection('loans');
    await collection.insertOne({ _id: 'x' });
    const db = (await usedConnection(database.url)).getClient().db(database.name);
    let nowMs = 0;
    const setup = new CollectionSetup(
      {},
      'loans',
      () => undefined,
      () => nowMs,
    );
    const names = async (): Promise<(string | undefined)[]> =>
      (await collection.indexes()).map(({ name }) => name).sort();
    const all = ['_id_', 'name_1', 'timestamp_1'];
    await setup.inBackground(db);
    expect(await names()).toEqual(all);
    for (const drop of [() => collection.drop(), () => db.dropDatabase()]) {
      await drop();
      await collection.insertOne({ _id: 'x' });
      expect(await names()).toEqual(['_id_']);
      nowMs += 10_000;
      await setup.inBackground(db);
      expect(await names()).toEqual(all);
    }
  });
});
