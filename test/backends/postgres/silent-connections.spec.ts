/** Connections that answer nothing, such as one behind a firewall that dropped its state. */
import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { SqlClient } from 'nestjs-event-tracking/postgres';
import type { CatalogDocument } from '../../../src/catalog/event-document';
import { PendingStatements } from '../../../src/backends/postgres/pending-statements';
import { TableSetup } from '../../../src/backends/postgres/table-setup';
import { fakeClock, pass } from '../../delivery/fake-clock';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { event, ownSchema, retryable, startPostgres } from './support';

const CATALOG = { events: [{ hash: 'h', name: 'n', version: 1 }], contexts: [] } as unknown as CatalogDocument;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Client that answers statements as long as it is not silent. */
class Client implements SqlClient {
  readonly statements: string[] = [];
  isSilent = true;

  query(sql: string): Promise<[]> {
    this.statements.push(sql);
    return this.isSilent ? new Promise(() => undefined) : Promise.resolve([]);
  }

  count(part: string): number {
    return this.statements.filter((sql) => sql.includes(part)).length;
  }
}

describe('A PostgresBackend whose connections are silent', () => {
  let client: Client;

  beforeEach(() => {
    fakeClock();
    client = new Client();
  });

  afterEach(() => jest.useRealTimers());

  it('tries every hour to remove old events, warns once, and removes them when it gets an answer', async () => {
    const { warnings } = await startPostgres({ client, expireAfterDays: 30 });
    for (let hours = 1; hours <= 3; hours++) {
      await pass(HOUR_MS);
      expect(client.count('DELETE')).toBe(hours + 1);
    }
    expect(warnings).toEqual([
      'PostgresBackend (table "tracking_events"): old events were not removed: PostgreSQL did not answer in time. It tries again every hour.',
    ]);
    client.isSilent = false;
    await pass(HOUR_MS);
    expect([client.count('DELETE'), warnings.length]).toEqual([5, 1]);
  });

  it('removes old events once at a time', async () => {
    let isLast = false;
    const slow: SqlClient = {
      query: (sql) => {
        client.statements.push(sql);
        return new Promise((resolve) => setTimeout(resolve, 50_000, [{ gone: isLast ? 0 : 5000 }]));
      },
    };
    await startPostgres({ client: slow, expireAfterDays: 30 });
    await pass(2 * HOUR_MS);
    expect(client.count('DELETE')).toBe(1 + Math.floor((2 * HOUR_MS) / 50_000));
    isLast = true;
    await pass(MINUTE_MS);
  });

  it.each([true, false])('rejects the catalog after a minute for each statement, with ensureTable: %s', async (on) => {
    const { backend } = await startPostgres({ client, ensureTable: on });
    const keeping = expect(backend.keepCatalog(CATALOG)).rejects.toEqual(
      retryable(/^PostgreSQL did not answer in time$/),
    );
    await pass(MINUTE_MS);
    await keeping;
  });

  it('prepares the table for the next batch, after a minute without an answer', async () => {
    const { send, warnings } = await startPostgres({ client, ensureTable: true, partitionBy: 'month' });
    await pass(MINUTE_MS);
    expect(warnings).toEqual([
      expect.stringMatching(
        /: the table was not prepared: PostgreSQL did not answer in time\. Each batch tries again\.$/,
      ),
    ]);
    client.isSilent = false;
    expect(await send([event()])).toEqual([]);
  });

  it('creates a partition with the next batch, after a minute without an answer', async () => {
    const setup = new TableSetup(new PendingStatements().limited(client), { partitionBy: 'month' });
    client.isSilent = false;
    await setup.before(['2026-10']);
    client.isSilent = true;
    const creating = expect(setup.before(['2026-11'])).rejects.toThrow('PostgreSQL did not answer in time');
    await pass(MINUTE_MS);
    await creating;
    client.isSilent = false;
    await setup.before(['2026-11']);
    expect(client.count('2026-12-01')).toBe(2);
  });

  it('begins no further statement of any kind while many have no answer', async () => {
    const pending = new PendingStatements();
    const limited = pending.limited(client);
    const statements = Array.from({ length: 8 }, () => expect(limited.query('SELECT 1')).rejects.toThrow('in time'));
    await pass(MINUTE_MS);
    await Promise.all(statements);
    await expect(limited.query('SELECT 1')).rejects.toThrow('has not answered 8 earlier statements');
    expect(client.statements).toHaveLength(8);
    await pass(5 * MINUTE_MS + 1);
    client.isSilent = false;
    expect(await limited.query('SELECT 1')).toEqual([]);
  });
});

describeWithServices(['postgres'], 'A PostgresBackend with a pool of its own', ({ postgres }) => {
  it('ends in time without answers, and leaves no connection that keeps the process alive', async () => {
    const { hostname, port } = new URL(postgres);
    const sockets = new Set<Socket>();
    let isSilent = false;
    const way: Server = createServer((socket) => {
      const target = connect(Number(port), hostname);
      sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => target.destroy()));
      socket.on('close', () => target.destroy()).on('data', (data) => isSilent || target.write(data));
      target.on('error', () => socket.destroy()).on('data', (data) => isSilent || socket.write(data));
    }).listen(0, '127.0.0.1');
    await once(way, 'listening');
    try {
      const url = postgres.replace(`:${port}`, `:${(way.address() as AddressInfo).port}`);
      const schema = ownSchema(postgres);
      const { send, module } = await startPostgres({ connectionString: url, schema: schema.name, ensureTable: true });
      await send([event()]);
      isSilent = true;
      await expect(send([event()], 100)).rejects.toEqual(retryable(/did not answer in time/));
      expect(sockets.size).toBeGreaterThan(0);
      await module.close();
      await until(() => sockets.size === 0);
    } finally {
      for (const socket of sockets) socket.destroy();
      way.close();
    }
  });
});
