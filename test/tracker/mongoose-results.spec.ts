import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import mongoose, { Schema, type Connection, type Model } from 'mongoose';
import { TrackEvent, TrackerService, TrackingContext, type TrackOutcome } from 'nestjs-event-tracking';
import { describeWithServices } from '../support/services';
import { startTracking } from '../support/start-tracking';

interface Row {
  n: number;
}

describeWithServices(['mongo'], '@TrackEvent on a query of mongoose', ({ mongo }) => {
  let connection: Connection;
  let rows: Model<Row>;
  let onFind: () => void = () => undefined;

  beforeAll(async () => {
    connection = await mongoose.createConnection(mongo, { dbName: 'tracked-queries' }).asPromise();
    const schema = new Schema<Row>({ n: Number });
    schema.pre('find', () => onFind());
    rows = connection.model<Row>('Row', schema, `rows-${randomUUID()}`);
    await rows.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  afterAll(async () => {
    await rows.collection.drop();
    await connection.close();
  });

  const endings: string[] = [];
  const note =
    (ending: string) =>
    ({ count }: TrackOutcome<unknown[], unknown>): object => {
      endings.push(`${ending}, ${count}`);
      return {};
    };

  @Injectable()
  class Repository {
    constructor(private readonly tracker: TrackerService) {}

    @TrackEvent('found', note('success'))
    @TrackEvent('not found', { on: 'error', data: note('error') })
    @TrackEvent('ended', { on: 'settled', data: note('settled') })
    find(condition: object) {
      return rows.find(condition).sort({ n: 1 });
    }

    @TrackingContext({ scope: 'of the query' })
    findInScope() {
      onFind = () => this.tracker.emit('pre find');
      return rows.find({});
    }
  }

  type Query = ReturnType<Repository['find']>;

  async function readAll(values: AsyncIterable<Row>): Promise<number[]> {
    const read: number[] = [];
    for await (const { n } of values) read.push(n);
    return read;
  }

  const ways: readonly (readonly [how: string, use: (query: Query) => Promise<number[]>, count: number])[] = [
    ['awaited', async (query) => (await query).map(({ n }) => n), 1],
    ['awaited after a chain', async (query) => (await query.lean().select('n')).map(({ n }) => n), 1],
    ['run by exec()', async (query) => (await query.exec()).map(({ n }) => n), 1],
    ['run by exec() after a chain', async (query) => (await query.lean().exec()).map(({ n }) => n), 1],
    ['handled by then', async (query) => query.then((found) => found.map(({ n }) => n)), 1],
    ['handled by finally', async (query) => (await query.finally(() => undefined)).map(({ n }) => n), 1],
    ['copied', async (query) => (await query.clone()).map(({ n }) => n), 1],
    ['transformed', async (query) => query.transform((found) => found.map(({ n }) => n)), 1],
    ['iterated', async (query) => readAll(query), 3],
    ['iterated by a cursor', async (query) => readAll(query.cursor()), 3],
    [
      'read by next() of a cursor',
      async (query) => {
        const cursor = query.cursor();
        const read: number[] = [];
        for (let row = await cursor.next(); row !== null; row = await cursor.next()) read.push(row.n);
        return read;
      },
      3,
    ],
  ];

  it.each(ways)('ends once, with what was read, when it is %s', async (_how, use, count) => {
    const run = await startTracking({}, { providers: [Repository] });
    endings.length = 0;
    expect(await use(run.app.get(Repository).find({}))).toEqual([1, 2, 3]);
    expect(endings).toEqual([`settled, ${count}`, `success, ${count}`]);
    expect(run.names()).toEqual(['ended', 'found']);
  });

  it.each(ways)('fails once when it is %s', async (_how, use) => {
    const run = await startTracking({}, { providers: [Repository] });
    endings.length = 0;
    await expect(use(run.app.get(Repository).find({ $nothing: 1 }))).rejects.toThrow('$nothing');
    expect(endings).toEqual(['settled, 0', 'error, 0']);
  });

  // Its cursor has no `return`, so nobody tells it that a loop was left.
  it('is left when the cursor is closed', async () => {
    const run = await startTracking({}, { providers: [Repository] });
    endings.length = 0;
    const cursor = run.app.get(Repository).find({}).cursor();
    for await (const { n } of cursor) if (n === 2) break;
    expect(endings).toEqual([]);
    await cursor.close();
    expect(endings).toEqual(['settled, 2']);
  });

  it('is a query still: of its class, with its model and its options', async () => {
    const run = await startTracking({}, { providers: [Repository] });
    const query = run.app.get(Repository).find({ n: 2 });
    expect(query).toBeInstanceOf(mongoose.Query);
    expect(query.model).toBe(rows);
    expect(query.getOptions()).toEqual({ sort: { n: 1 } });
    expect(await rows.find({}).merge(query)).toHaveLength(1);
    expect(run.names()).toEqual([]);
  });

  it('runs in the scope of @TrackingContext when it is awaited', async () => {
    const run = await startTracking({}, { providers: [Repository] });
    for (const use of ways) await use[1](run.app.get(Repository).findInScope() as never).catch(() => undefined);
    const contexts = run.events().map(({ context }) => context);
    expect(contexts.length).toBeGreaterThanOrEqual(ways.length - 1);
    expect(contexts).toEqual(contexts.map(() => ({ scope: 'of the query' })));
  });
});
