import type { Pool, PoolClient } from 'pg';
import { transact } from '../support/transact';

/**
 * The client of Prisma is generated from the schema of an application, so there is none here. This
 * one has the methods as documented: `$transaction` runs a callback with a client that has no
 * `$transaction`, commits when the callback has resolved, and rejects with the error of the commit.
 */
export class PrismaByContract {
  readonly $queryRawUnsafe: TransactionClient['$queryRawUnsafe'];
  readonly $executeRawUnsafe: TransactionClient['$executeRawUnsafe'];

  constructor(private readonly pool: Pool) {
    const { $queryRawUnsafe, $executeRawUnsafe } = new TransactionClient(pool);
    this.$queryRawUnsafe = $queryRawUnsafe;
    this.$executeRawUnsafe = $executeRawUnsafe;
  }

  $transaction<Result>(body: (tx: TransactionClient) => Promise<Result>): Promise<Result> {
    return transact(this.pool, (client) => body(new TransactionClient(client)));
  }
}

class TransactionClient {
  constructor(private readonly connection: Pool | PoolClient) {}

  readonly $queryRawUnsafe = async (sql: string, ...params: unknown[]): Promise<unknown> =>
    (await this.connection.query(sql, params)).rows;

  readonly $executeRawUnsafe = async (sql: string, ...params: unknown[]): Promise<number> =>
    (await this.connection.query(sql, params)).rowCount ?? 0;
}
