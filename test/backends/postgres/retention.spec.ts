import { fromPg } from 'nestjs-event-tracking/postgres';
import { Retention } from '../../../src/backends/postgres/retention';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { event, ownSchema, startPostgres, type OwnSchema } from './support';

const now = Date.parse('2026-11-29T12:00:00Z');
const running = new AbortController().signal;

describeWithServices(['postgres'], 'The retention of a PostgresBackend', ({ postgres }) => {
  let schema: OwnSchema;
  const at = (time: string): ReturnType<typeof event> => event({}, { timestamp: new Date(time) });
  const names = (): Promise<unknown[]> =>
    schema
      .query(`SELECT occurred_at FROM ${schema.name}.tracking_events ORDER BY occurred_at`)
      .then((rows) => rows.map((row) => (row['occurred_at'] as Date).toISOString().slice(0, 10)));

  beforeEach(() => {
    schema = ownSchema(postgres);
  });

  it('deletes the events that are older, in batches, from several processes at once', async () => {
    const shape = { schema: schema.name };
    const { send } = await startPostgres({ client: fromPg(schema.pool), ensureTable: true, ...shape });
    await send([at('2026-11-19T11:59:59.999Z'), at('2026-11-19T12:00:00Z'), at('2026-11-29T00:00:00Z')]);
    await schema.query(
      `INSERT INTO ${schema.name}.tracking_events (id, name, occurred_at, context, data)
       SELECT gen_random_uuid(), 'old', '2026-01-01', '{}', '{}' FROM generate_series(1, 12000)`,
    );
    const retention = new Retention(fromPg(schema.pool), shape, 10);
    const removed = await Promise.all([1, 2].map(() => retention.removeExpired(now, running)));
    // A batch that the other was deleting is left to it.
    expect((removed[0] ?? 0) + (removed[1] ?? 0) + (await retention.removeExpired(now, running))).toBe(12_001);
    expect(await names()).toEqual(['2026-11-19', '2026-11-29']);
  });

  it('drops the partitions in which every event is older, and no other table', async () => {
    const shape = { schema: schema.name, partitionBy: 'month' as const };
    const { send } = await startPostgres({ client: fromPg(schema.pool), ensureTable: true, ...shape });
    await send([at('2026-09-30T00:00:00Z'), at('2026-10-02T00:00:00Z'), at('2026-11-02T00:00:00Z')]);
    const table = `${schema.name}.tracking_events`;
    await schema.query(
      `CREATE TABLE ${schema.name}.mine PARTITION OF ${table} FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')`,
    );
    expect(await new Retention(fromPg(schema.pool), shape, 28).removeExpired(now, running)).toBe(2);
    expect(await names()).toEqual(['2026-11-02']);
    expect(await schema.query(`SELECT to_regclass('${schema.name}.mine') IS NOT NULL AS there`)).toEqual([
      { there: true },
    ]);
  });

  it('runs after the start, and warns once if it cannot', async () => {
    const options = { client: fromPg(schema.pool), schema: schema.name };
    const { send } = await startPostgres({ ...options, ensureTable: true });
    await send([at('2020-01-01T00:00:00Z'), event({}, { timestamp: new Date() })]);
    await startPostgres({ ...options, expireAfterDays: 30 });
    await until(async () => (await names()).length === 1);
    const { warnings } = await startPostgres({ ...options, table: 'none', expireAfterDays: 30 });
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([
      expect.stringMatching(/^PostgresBackend \(table "none"\): old events were not removed: .*SQLSTATE 42P01/),
    ]);
  });

  it('removes nothing once it is stopped', async () => {
    const shape = { schema: schema.name };
    const { send } = await startPostgres({ client: fromPg(schema.pool), ensureTable: true, ...shape });
    await send([at('2020-01-01T00:00:00Z')]);
    expect(await new Retention(fromPg(schema.pool), shape, 1).removeExpired(now, AbortSignal.abort())).toBe(0);
    expect(await names()).toEqual(['2020-01-01']);
  });
});
