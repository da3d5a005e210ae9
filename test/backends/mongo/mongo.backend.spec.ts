import { MongoBackend } from 'nestjs-event-tracking/mongoose';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { event, ownDatabase, startMongo, stored } from './support';

const nested = (levels: number): object => (levels === 1 ? {} : { v: nested(levels - 1) });

describeWithServices(['mongo'], 'MongoBackend, with a server,', (urls) => {
  it('writes each event under its id, with its time as a date and what processors have added', async () => {
    const database = ownDatabase(urls.mongo);
    const { send, warnings } = await startMongo(database.url);
    const plain = event({ code: 'hls', at: new Date(0), nested: { list: [1, null, true, 'x'] } });
    const added = { ...event({ k: 1 }), event_source: 'server' };

    expect(await send([plain, added])).toEqual([]);

    expect(await stored(database.collection())).toEqual([
      { _id: plain.id, name: plain.name, timestamp: plain.timestamp, context: plain.context, data: plain.data },
      {
        _id: added.id,
        name: added.name,
        timestamp: added.timestamp,
        context: added.context,
        data: { k: 1 },
        event_source: 'server',
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it('leaves the event and all that is in it as they were', async () => {
    const { send } = await startMongo(ownDatabase(urls.mongo).url);
    const one = event({ k: { list: [1] } }, { _id: 'mine' } as object);
    const before = structuredClone(one);
    await send([one]);
    expect(one).toEqual(before);
  });

  it('takes the id of the event for _id, whatever a processor has put there', async () => {
    const database = ownDatabase(urls.mongo);
    const { send } = await startMongo(database.url);
    const one = event({}, { _id: 'mine' } as object);
    expect(await send([one])).toEqual([]);
    expect((await stored(database.collection())).map(({ _id }) => _id)).toEqual([one.id]);
  });

  it('takes what is there already for delivered, and counts it', async () => {
    const database = ownDatabase(urls.mongo);
    const { send, backend } = await startMongo(database.url);
    const events = [event(), event(), event()];
    await send(events.slice(0, 2));
    expect(backend.duplicates).toBe(0);

    expect(await send(events)).toEqual([]);
    expect(await send([...events, events[0]!])).toEqual([]);

    expect(backend.duplicates).toBe(6);
    expect((await stored(database.collection())).map(({ _id }) => _id)).toEqual(events.map(({ id }) => id));
  });

  it('takes no other event for it that stands in the way in a unique index of the application', async () => {
    const database = ownDatabase(urls.mongo);
    const indexes = [{ key: { 'data.order': 1 }, unique: true }];
    const { send, backend } = await startMongo(database.url, { indexes });
    const [first, other, third] = [event({ order: 'secret-1' }), event({ order: 'secret-1' }), event({ order: 2 })];
    await send([first]);
    const indexed = await database.collection();
    let names: string[] = [];
    await until(() => {
      void indexed.indexes().then(
        (found) => (names = found.map(({ name }) => name ?? '')),
        () => undefined, // a question still under way when the test ends
      );
      return names.includes('data.order_1');
    });

    const rejections = await send([first, other, third]);

    expect(rejections).toEqual([{ index: 1, reason: expect.stringMatching(/unique index .*11000/), retryable: false }]);
    expect(JSON.stringify(rejections)).not.toContain('secret');
    expect(backend.duplicates).toBe(1);
    expect((await stored(database.collection())).map(({ _id }) => _id)).toEqual([first.id, third.id]);
  });

  it('rejects for good what the server refuses, by index, and writes the rest', async () => {
    const database = ownDatabase(urls.mongo);
    const { send } = await startMongo(database.url);
    const events = [event(), event({ k: 1 }, { context: { 'secret.key': 1 } }), event()];
    const rejections = await send(events);
    const left = (await stored(database.collection())).map(({ _id }) => _id);
    if (rejections.length === 0)
      expect(left).toHaveLength(3); // a MongoDB takes such keys
    else {
      expect(rejections).toEqual([{ index: 1, reason: 'MongoDB refuses the document (2 BadValue)', retryable: false }]);
      expect(left).toEqual([events[0]!.id, events[2]!.id]);
    }
  });

  it.each<[string, () => object, RegExp]>([
    ['a zero byte in a key', () => ({ 'secret\0key': 1 }), /^a key has a zero byte in it$/],
    [
      'a document of 16 MB',
      () => ({ secret: 'x'.repeat(16_777_216) }),
      /^the document has \d+ bytes; MongoDB takes less/,
    ],
    [
      'a value that contains itself',
      () => {
        const secret: Record<string, unknown> = {};
        return Object.assign(secret, { secret });
      },
      /^a value contains itself$/,
    ],
    [
      'a zero byte in a key deep in a list',
      () => ({ a: [[{ b: { '\0secret': null } }]] }),
      /^a key has a zero byte in it$/,
    ],
    [
      'a field that looks like a type of BSON',
      () => ({ _bsontype: 'secret' }),
      /^the BSON encoder does not take it \(BSON/,
    ],
  ])('rejects that event alone for good that has %s, and writes the rest', async (_what, make, reason) => {
    const database = ownDatabase(urls.mongo);
    const { send } = await startMongo(database.url);
    const events = [event({ n: 0 }), event(make()), event({ n: 2 }), event(make())];

    const rejections = await send(events);

    expect(rejections).toEqual(
      [1, 3].map((index) => ({ index, reason: expect.stringMatching(reason), retryable: false })),
    );
    expect(JSON.stringify(rejections)).not.toContain('secret');
    expect((await stored(database.collection())).map(({ _id }) => _id)).toEqual([events[0]!.id, events[2]!.id]);
  });

  it('rejects that event alone for good whose context, or whose field of a processor, cannot be encoded', async () => {
    const database = ownDatabase(urls.mongo);
    const { send } = await startMongo(database.url);
    const events = [
      event({}, { context: { 'secret\0': 1 } }),
      event(),
      { ...event(), 'secret\0': 1 },
      event({}, { context: { page: { _bsontype: 'ObjectId', id: 'secret' } } }),
    ];
    const rejections = await send(events);
    expect(rejections.map(({ index, retryable }) => [index, retryable])).toEqual([0, 2, 3].map((at) => [at, false]));
    expect(JSON.stringify(rejections)).not.toContain('secret');
    expect((await stored(database.collection())).map(({ _id }) => _id)).toEqual([events[1]!.id]);
  });

  it('writes nothing, and says so of each, when no event of a batch can be encoded', async () => {
    const database = ownDatabase(urls.mongo);
    const { send } = await startMongo(database.url);
    const rejections = await send([event({ 'a\0': 1 }), event({ 'b\0': 1 })]);
    expect(rejections.map(({ index }) => index)).toEqual([0, 1]);
    expect(await stored(database.collection())).toEqual([]);
  });

  describe('with transform', () => {
    it('writes what it makes of an event, under the id of the event', async () => {
      const database = ownDatabase(urls.mongo);
      const { send } = await startMongo(database.url, {
        transform: ({ name, timestamp, data }) => ({
          _id: 'mine',
          name,
          at: timestamp,
          big: 2n ** 63n - 1n,
          deep: nested(99),
          ...data,
        }),
      });
      const one = event({ k: 1 });
      expect(await send([one])).toEqual([]);
      expect(await (await database.collection()).findOne({}, { useBigInt64: true })).toEqual({
        _id: one.id,
        name: one.name,
        at: one.timestamp,
        big: 9223372036854775807n,
        deep: nested(99),
        k: 1,
      });
    });

    it.each<[string, unknown, string]>([
      ['what is nested deeper than MongoDB takes', nested(101), 'it is nested deeper than 100 levels'],
      ['an integer beyond 64 bits', { deep: [new Map([['k', 2n ** 63n]])] }, 'an integer is beyond 64 bits'],
      ['no object', 'secret', 'transform returned string, not an object with fields'],
    ])('rejects that event alone for good of which it makes %s', async (_what, made, reason) => {
      const database = ownDatabase(urls.mongo);
      const transform = ({ data }: { data: object }): object => ('bad' in data ? (made as object) : data);
      const { send } = await startMongo(database.url, { transform });
      expect(await send([event({ n: 1 }), event({ bad: 1 }), event({ n: 2 })])).toEqual([
        { index: 1, reason, retryable: false },
      ]);
      expect((await stored(database.collection())).map(({ n }) => n as number)).toEqual([1, 2]);
    });

    it('rejects that event alone at which it throws, without its words', async () => {
      const database = ownDatabase(urls.mongo);
      const { send } = await startMongo(database.url, {
        transform: ({ data }) => {
          if ('bad' in data) throw new TypeError('secret');
          return data;
        },
      });
      const reason = 'transform failed (TypeError)';
      expect(await send([event({ bad: 1 }), event({ n: 1 })])).toEqual([{ index: 0, reason, retryable: false }]);
      expect(await stored(database.collection())).toHaveLength(1);
    });
  });

  it('writes to the database and the collection that it is given', async () => {
    const database = ownDatabase(urls.mongo);
    const { send } = await startMongo(urls.mongo, { database: database.name, collection: 'tracked' });
    await send([event()]);
    expect(await stored(database.collection('tracked'))).toHaveLength(1);
  });

  it('writes to the database that mongoose was told as dbName, before and after it is connected', async () => {
    const database = ownDatabase(urls.mongo);
    const { send, connection } = await startMongo(urls.mongo, undefined, { dbName: database.name });
    expect(await send([event()])).toEqual([]);
    await connection.asPromise();
    expect(await send([event()])).toEqual([]);
    expect(await stored(database.collection())).toHaveLength(2);
  });

  it('writes 500 events in one batch, which is what it asks the delivery for', async () => {
    const database = ownDatabase(urls.mongo);
    const { send } = await startMongo(database.url);
    const events = Array.from({ length: MongoBackend.delivery.batch?.maxEvents ?? 0 }, (_, n) => event({ n }));
    expect(events).toHaveLength(500);
    expect(await send(events)).toEqual([]);
    expect(await (await database.collection()).countDocuments()).toBe(500);
  });
});
