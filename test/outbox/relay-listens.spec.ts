import { Pool } from 'pg';
import { fromPg } from '../../src/entries/postgres';
import { channelOf } from '../../src/outbox/outbox-table';
import { describeWithServices } from '../support/services';
import type { BuiltTracking } from '../support/start-tracking';
import { FaultyWay } from '../support/toxiproxy';
import { until } from '../support/until';
import { outboxSchema, startOutbox, type OutboxSchema } from './outbox-parts';

/** Longer than a test: what arrives was not found by looking again. */
const NEVER_MS = 1_000_000;

describeWithServices(['postgres', 'toxiproxy'], 'A relay that listens', ({ postgres, toxiproxy }) => {
  /** Stores an event by another application: nothing wakes the relay but NOTIFY. */
  async function store(schema: OutboxSchema, name: string): Promise<void> {
    const { tracker } = await startOutbox(schema);
    await schema.transact((client) => tracker.transaction(() => tracker.emit(name), { outbox: fromPg(client) }));
  }

  const listeners = async (schema: OutboxSchema): Promise<unknown[]> => {
    const sql = 'SELECT pid FROM pg_stat_activity WHERE query = $1';
    return (await schema.query(sql, [`LISTEN "${channelOf({ schema: schema.name })}"`])).map(({ pid }) => pid);
  };

  const arrived = (app: BuiltTracking, ...names: string[]): Promise<void> =>
    until(
      () => app.names().join() === names.join(),
      () => app.names().join(),
    );

  it('is woken by commits, also after the server has ended its connection', async () => {
    const schema = await outboxSchema(postgres);
    const app = await startOutbox(schema, { pollIntervalMs: NEVER_MS });
    await until(async () => (await listeners(schema)).length === 1);
    await store(schema, 'a');
    await arrived(app, 'a');
    const [pid] = await listeners(schema);
    await schema.query('SELECT pg_terminate_backend($1)', [pid]);
    await until(async () => (await listeners(schema)).some((each) => each !== pid));
    await store(schema, 'b');
    await arrived(app, 'a', 'b');
    await app.app.close();
    await until(async () => (await listeners(schema)).length === 0);
  });

  it('looks again while it cannot listen, and listens when it can', async () => {
    const schema = await outboxSchema(postgres);
    const way = await FaultyWay.to(toxiproxy, postgres);
    const beside = new Pool({ connectionString: way.url });
    await way.disable();
    const client = { query: fromPg(schema.pool).query, listen: fromPg(beside).listen };
    const app = await startOutbox(schema, { client, pollIntervalMs: 20 });
    await store(schema, 'a');
    await arrived(app, 'a');
    expect(await listeners(schema)).toEqual([]);
    await way.enable();
    await until(async () => (await listeners(schema)).length === 1);
    await store(schema, 'b');
    await arrived(app, 'a', 'b');
    await app.app.close();
    await way.delete();
  });

  it('finds rows and closes although its connection is silent', async () => {
    const schema = await outboxSchema(postgres);
    const way = await FaultyWay.to(toxiproxy, postgres);
    const beside = new Pool({ connectionString: way.url });
    const client = { query: fromPg(schema.pool).query, listen: fromPg(beside).listen };
    const app = await startOutbox(schema, { client, pollIntervalMs: 20 });
    await until(async () => (await listeners(schema)).length === 1);
    const hear = await way.add({ type: 'stall' });
    await store(schema, 'a');
    await arrived(app, 'a');
    await app.app.close();
    await hear();
    await until(async () => (await listeners(schema)).length === 0);
    await way.delete();
  });
});
