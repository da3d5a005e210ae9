import { setImmediate as immediate } from 'node:timers/promises';
import { fromPg, fromTypeOrm } from 'nestjs-event-tracking/postgres';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, describeWithServices } from '../../support/services';
import { FaultyWay } from '../../support/toxiproxy';
import { until } from '../../support/until';
import { event, ownSchema, retryable, sendUntilTaken, startPostgres } from './support';

const many = (count: number): ReturnType<typeof event>[] =>
  Array.from({ length: count }, (_, at) => event({ at, text: 'x'.repeat(1000) }));

async function countIn(url: string, table: string): Promise<unknown> {
  const pool = new Pool({ connectionString: url });
  try {
    return (await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`)).rows[0]?.count;
  } finally {
    await pool.end();
  }
}

describe('A PostgresBackend without a server', () => {
  it('lets the application start and end, and refuses batches', async () => {
    const { send, module, warnings } = await startPostgres({
      connectionString: 'postgres://127.0.0.1:9/db',
      ensureTable: true,
    });
    await expect(send([event()])).rejects.toEqual(
      retryable(/^PostgreSQL was not reached \(connect ECONNREFUSED 127\.0\.0\.1:9\)$/),
    );
    await expect(send([event()], 0)).rejects.toEqual(retryable(/^PostgreSQL (did not answer in time|was not reached)/));
    await module.close();
    expect(warnings).toEqual([expect.stringMatching(/the table was not prepared: .*ECONNREFUSED/)]);
  });

  it('does not warn of a table that it was still preparing when it closed', async () => {
    let end: (error: Error) => void = () => undefined;
    const answer = new Promise<never>((_, reject) => (end = reject));
    const { module, warnings } = await startPostgres({ client: { query: () => answer }, ensureTable: true });
    await module.close();
    end(new Error('Cannot use a pool after calling end on the pool'));
    await immediate();
    expect(warnings).toEqual([]);
  });
});

describeWithPrograms(['postgres'], 'A PostgresBackend, with a server that goes and comes,', (programs) => {
  let server: OwnServer;
  beforeEach(async () => {
    server = await OwnServer.start(programs.postgres);
  });
  afterEach(() => server.remove());

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'refuses batches after %s, and stores each event once when it is back',
    async (signal) => {
      const { send, backend } = await startPostgres({ connectionString: server.url, ensureTable: true });
      const events = many(20);
      await send(events.slice(0, 10));
      await server.kill(signal);
      await expect(send(events)).rejects.toEqual(retryable(/^PostgreSQL (was not reached|did not take the batch)/));
      await server.start();
      expect(await sendUntilTaken({ send }, events)).toEqual([]);
      expect(await countIn(server.url, 'tracking_events')).toBe(20);
      expect(backend.duplicates).toBe(10);
    },
  );

  it('stores events through TypeORM when the server is back', async () => {
    const source = await new DataSource({ type: 'postgres', url: server.url }).initialize();
    try {
      const { send } = await startPostgres({ client: fromTypeOrm(source), ensureTable: true });
      await send([event()]);
      await server.kill();
      await expect(send([event()])).rejects.toEqual(retryable(/^PostgreSQL (was not reached|did not take)/));
      await server.start();
      expect(await sendUntilTaken({ send }, many(3))).toEqual([]);
    } finally {
      await source.destroy();
    }
  });

  it('retries while the server has too many connections, is read-only, or shuts down', async () => {
    const { send } = await startPostgres({ connectionString: server.url, ensureTable: true });
    const admin = new Pool({ connectionString: server.url, max: 1 });
    admin.on('error', () => undefined);
    await send([event()]);
    await admin.query('ALTER DATABASE postgres SET default_transaction_read_only = on');
    const { send: later } = await startPostgres({ connectionString: server.url, ensureTable: true });
    await expect(later([event()])).rejects.toEqual(retryable(/SQLSTATE 25006.*use the address of the primary/));
    await admin.query('SET default_transaction_read_only = off');
    await admin.query('ALTER DATABASE postgres RESET default_transaction_read_only');
    await admin.query('ALTER DATABASE postgres CONNECTION LIMIT 0');
    await admin.query('CREATE ROLE app LOGIN; GRANT ALL ON SCHEMA public TO app');
    const url = server.url.replace('postgres@', 'app@');
    const { send: limited } = await startPostgres({ connectionString: url });
    await expect(limited([event()])).rejects.toEqual(retryable(/SQLSTATE 53300.*Fix: raise max_connections/));
    await admin.end();
  });
});

describeWithServices(['postgres', 'toxiproxy'], 'A PostgresBackend, on a faulty way,', (urls) => {
  it('takes nothing for delivered when the reply is lost, and finds all there when it is sent again', async () => {
    const schema = ownSchema(urls.postgres);
    const way = await FaultyWay.to(urls.toxiproxy, urls.postgres);
    try {
      const options = { connectionString: way.url, schema: schema.name, ensureTable: true };
      const { send, backend } = await startPostgres(options);
      await send([event()]);
      const events = many(3);
      const fix = await way.add({ type: 'stall' }, 'downstream');
      const waiting = new AbortController();
      const sending = backend.sendBatch(events, waiting.signal);
      await until(async () => (await countIn(urls.postgres, `${schema.name}.tracking_events`)) === 4);
      waiting.abort();
      await expect(sending).rejects.toEqual(retryable(/^PostgreSQL did not answer in time$/));
      await fix();
      expect(await sendUntilTaken({ send }, events)).toEqual([]);
      expect(await countIn(urls.postgres, `${schema.name}.tracking_events`)).toBe(4);
      expect(backend.duplicates).toBe(3);
    } finally {
      await way.delete();
    }
  });

  it('stores each event of a batch once in whose middle the connection is cut', async () => {
    const schema = ownSchema(urls.postgres);
    const way = await FaultyWay.to(urls.toxiproxy, urls.postgres);
    try {
      const { send } = await startPostgres({ connectionString: way.url, schema: schema.name, ensureTable: true });
      await send([event()]);
      const fix = await way.add({ type: 'limit_data', bytes: 50_000 }, 'upstream');
      const events = many(200);
      await expect(send(events)).rejects.toEqual(retryable(/^PostgreSQL was not reached \((Connection|read|write)/));
      await fix();
      expect(await sendUntilTaken({ send }, events)).toEqual([]);
      expect(await countIn(urls.postgres, `${schema.name}.tracking_events`)).toBe(201);
    } finally {
      await way.delete();
    }
  });
});

describeWithServices(['postgres'], 'A PostgresBackend', ({ postgres }) => {
  it('retries a batch after a statement timeout and after its connection was terminated', async () => {
    const schema = ownSchema(postgres);
    const pool = new Pool({ connectionString: postgres, statement_timeout: 200, application_name: schema.name });
    pool.on('error', () => undefined);
    const other = await schema.pool.connect();
    try {
      const { send } = await startPostgres({ client: fromPg(pool), schema: schema.name, ensureTable: true });
      await send([event()]);
      const table = `${schema.name}.tracking_events`;
      await other.query(`BEGIN; LOCK TABLE ${table}`);
      const events = many(5);
      await expect(send(events)).rejects.toEqual(retryable(/SQLSTATE 57014.*Fix: raise statement_timeout/));
      await pool.query('SET statement_timeout = 0');
      const sending = expect(send(events)).rejects.toEqual(retryable(/SQLSTATE 57(P01|014)|Connection terminated/));
      await until(async () => {
        const { rows } = await other.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
          [schema.name],
        );
        return rows.length > 0;
      });
      await sending;
      await other.query('ROLLBACK');
      expect(await sendUntilTaken({ send }, events)).toEqual([]);
      expect(await countIn(postgres, table)).toBe(6);
    } finally {
      other.release();
      await pool.end();
    }
  });

  it('begins no new statement while many have no answer', async () => {
    let asked = 0;
    const silent = { query: (): Promise<never> => new Promise(() => (asked += 1)) };
    const { send } = await startPostgres({ client: silent });
    for (let at = 0; at < 8; at++) await expect(send([event()], 1)).rejects.toEqual(retryable(/did not answer/));
    await expect(send([event()])).rejects.toEqual(retryable(/has not answered 8 earlier statements/));
    expect(asked).toBe(8);
  });
});
