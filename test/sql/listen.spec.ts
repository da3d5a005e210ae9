import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { drizzle } from 'drizzle-orm/node-postgres';
import createKnex from 'knex';
import { Client, Pool } from 'pg';
import { DataSource } from 'typeorm';
import { fromDrizzle } from '../../src/sql/from-drizzle';
import { fromKnex } from '../../src/sql/from-knex';
import { fromMikroOrm } from '../../src/sql/from-mikro-orm';
import { fromPg } from '../../src/sql/from-pg';
import { fromTypeOrm } from '../../src/sql/from-type-orm';
import type { SqlClient } from '../../src/sql/sql-client';
import { describeWithServices } from '../support/services';
import { FaultyWay } from '../support/toxiproxy';
import { until } from '../support/until';

interface Library {
  readonly client: SqlClient;
  close(): Promise<unknown>;
}

const pooled = (url: string, max: number): Pool =>
  new Pool({ connectionString: url, max }).on('error', () => undefined);

const libraries: Readonly<Record<string, (url: string, max: number) => Promise<Library>>> = {
  pg: (url, max) => {
    const pool = pooled(url, max);
    return Promise.resolve({ client: fromPg(pool), close: () => pool.end() });
  },
  TypeORM: async (url, max) => {
    const source = await new DataSource({ type: 'postgres', url, poolSize: max }).initialize();
    return { client: fromTypeOrm(source), close: () => source.destroy() };
  },
  Knex: (url, max) => {
    const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max } });
    return Promise.resolve({ client: fromKnex(knex), close: () => knex.destroy() });
  },
  Drizzle: (url, max) => {
    const pool = pooled(url, max);
    return Promise.resolve({ client: fromDrizzle(drizzle(pool)), close: () => pool.end() });
  },
  MikroORM: async (url, max) => {
    const entity = new EntitySchema({ name: 'Course', properties: { id: { type: 'number', primary: true } } });
    const orm = await MikroORM.init({ clientUrl: url, entities: [entity], pool: { min: 0, max } });
    return { client: fromMikroOrm(orm.em), close: () => orm.close() };
  },
};

let made = 0;

describeWithServices(['postgres', 'toxiproxy'], 'A SqlClient that listens', ({ postgres, toxiproxy }) => {
  let admin: Client;
  let channel: string;
  const closing: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    channel = `listen "spec" ${String(process.pid)} ${String(made++)}`;
    admin = new Client({ connectionString: postgres });
    await admin.connect();
  });

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await admin.end();
  });

  async function open(name: string, { url = postgres, max = 3 } = {}): Promise<SqlClient> {
    const { client, close } = await libraries[name]!(url, max);
    closing.push(close);
    return client;
  }

  const notify = (): Promise<unknown> => admin.query('SELECT pg_notify($1, $2)', [channel, '']);

  /** Processes of the server that listen. */
  async function listeners(): Promise<number[]> {
    const sql = 'SELECT pid FROM pg_stat_activity WHERE query = $1';
    const { rows } = await admin.query<{ pid: number }>(sql, [`LISTEN "${channel.replaceAll('"', '""')}"`]);
    return rows.map(({ pid }) => pid);
  }

  /** Listens and counts; a listener of a test that fails is closed too. */
  async function listen(client: SqlClient): Promise<{ woken: number; lost: number; end: () => Promise<void> }> {
    const counts = { woken: 0, lost: 0, end: () => Promise.resolve() };
    counts.end = await client.listen!(
      channel,
      () => counts.woken++,
      () => counts.lost++,
    );
    closing.push(counts.end);
    return counts;
  }

  describe.each(Object.keys(libraries))('with %s', (name) => {
    it('is woken by each commit, and by no rollback', async () => {
      const counts = await listen(await open(name));
      await admin.query('BEGIN');
      await notify();
      await admin.query('ROLLBACK');
      await admin.query('BEGIN');
      await notify();
      expect(counts.woken).toBe(0);
      await admin.query('COMMIT');
      await until(() => counts.woken === 1);
      await notify();
      await until(() => counts.woken === 2);
      expect(counts.lost).toBe(0);
    });

    it('reports once that the server has ended its connection, and listens again', async () => {
      const client = await open(name);
      const counts = await listen(client);
      const [pid] = await listeners();
      await admin.query('SELECT pg_terminate_backend($1)', [pid]);
      await until(() => counts.lost === 1);
      const again = await listen(client);
      await notify();
      await until(() => again.woken === 1);
      await counts.end();
      expect(counts).toMatchObject({ woken: 0, lost: 1 });
    });

    it('leaves no connection when it ends, and reports no loss', async () => {
      const counts = await listen(await open(name));
      expect(await listeners()).toHaveLength(1);
      await counts.end();
      await counts.end();
      await until(async () => (await listeners()).length === 0);
      expect(counts.lost).toBe(0);
    });

    it('leaves the only connection of a pool to others', async () => {
      const client = await open(name, { max: 1 });
      const counts = await listen(client);
      expect(await client.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await notify();
      await until(() => counts.woken === 1);
    });

    it('rejects when there is no server', async () => {
      const way = await FaultyWay.to(toxiproxy, postgres);
      const client = await open(name, { url: way.url });
      await way.disable();
      await expect(listen(client)).rejects.toThrow();
      await way.delete();
    });

    it('reports a connection that is reset', async () => {
      const way = await FaultyWay.to(toxiproxy, postgres);
      const counts = await listen(await open(name, { url: way.url }));
      await way.add({ type: 'reset_peer', timeoutMs: 0 });
      await notify(); // the reset comes with the first bytes
      await until(() => counts.lost === 1);
      await way.delete();
    });
  });

  it('rejects, and reports no loss, if the connection breaks before the server has answered', async () => {
    const probe = new Client({ connectionString: postgres });
    await probe.connect();
    const bytes = (probe as unknown as { connection: { stream: { bytesRead: number } } }).connection.stream.bytesRead;
    await probe.end();
    const way = await FaultyWay.to(toxiproxy, postgres);
    await way.add({ type: 'limit_data', bytes: bytes + 1 });
    let lost = 0;
    const listening = fromPg(pooled(way.url, 1)).listen!(
      channel,
      () => undefined,
      () => lost++,
    );
    await expect(listening).rejects.toThrow(/terminated/);
    await way.delete();
    expect(lost).toBe(0);
  });

  it('has nothing to listen with for the client of a transaction', async () => {
    const source = await new DataSource({ type: 'postgres', url: postgres }).initialize();
    closing.push(() => source.destroy());
    await source.transaction((manager) => {
      expect(fromTypeOrm(manager).listen).toBeUndefined();
      return Promise.resolve();
    });
    expect(fromPg(admin).listen).toBeUndefined();
  });
});
