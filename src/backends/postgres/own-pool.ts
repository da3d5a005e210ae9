import type * as Pg from 'pg';
import { requirePeer } from '../../common/require-peer';
import { fromPg } from '../../sql/from-pg';
import type { SqlClient } from '../../sql/sql-client';

/** Time after which an attempt to connect fails, and a statement without an answer. */
const CONNECT_MS = 10_000;
const QUERY_MS = 60_000;

/** The pool of a backend or a relay that was given a URL. Connects at the first statement. */
export class OwnPool {
  readonly client: SqlClient;
  private readonly pool: Pg.Pool;
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
    this.client = fromPg(this.pool);
  }

  /** Resolves once every statement has ended. */
  close(): Promise<void> {
    return (this.ending ??= this.pool.end());
  }
}
