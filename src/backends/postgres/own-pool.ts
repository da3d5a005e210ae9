import type * as Pg from 'pg';
import { atMost } from '../../common/at-most';
import { requirePeer } from '../../common/require-peer';
import { fromPg } from '../../sql/from-pg';
import type { SqlClient } from '../../sql/sql-client';

/** Time after which an attempt to connect fails, and a statement without an answer. */
const CONNECT_MS = 10_000;
const QUERY_MS = 60_000;
/** Time that statements have to end when the pool closes. */
const CLOSE_MS = 2000;

/** The pool of a backend or a relay that was given a URL. Connects at the first statement. */
export class OwnPool {
  readonly client: SqlClient;
  private readonly pool: Pg.Pool;
  private readonly connections = new Set<Pg.Client>();
  private ending: Promise<void> | undefined;

  /**
   * @param owner class that was given the URL, for the error
   * @throws MissingPeerException if `pg` is not installed
   */
  constructor(connectionString: string, owner: string) {
    const use = { entry: `${owner} with connectionString`, peers: ['pg'] };
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- only who gives a URL needs it
    const { Pool } = requirePeer('pg', use, () => require('pg') as typeof Pg);
    this.pool = new Pool({
      ...{ connectionString, max: 4, keepAlive: true, application_name: 'nestjs-event-tracking' },
      // Without them, a connection that nothing comes through would be used forever.
      ...{ connectionTimeoutMillis: CONNECT_MS, query_timeout: QUERY_MS },
    });
    // An idle connection that breaks would end the process; the pool replaces it.
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (connection) => this.connections.add(connection as Pg.Client));
    this.pool.on('remove', (connection) => this.connections.delete(connection as Pg.Client));
    this.client = fromPg(this.pool);
  }

  /**
   * Resolves once every statement has ended, at the latest after two seconds. Connections without
   * an answer are cut then: they would keep the process alive.
   */
  async close(): Promise<void> {
    await atMost(CLOSE_MS, (this.ending ??= this.pool.end()));
    for (const connection of this.connections) void connection.end();
  }
}
