import { fromPrisma } from '../../src/sql/from-prisma';

/**
 * The client of Prisma is generated from the schema of an application, so there is none here. This
 * one has the two methods as documented: each answers only the kind of statement that it is for.
 */
function prisma(): { calls: unknown[]; $queryRawUnsafe: Call<object[]>; $executeRawUnsafe: Call<number> } {
  const calls: unknown[] = [];
  return {
    calls,
    $queryRawUnsafe: (...call) => Promise.resolve(calls.push(['query', ...call])).then(() => [{ id: 1 }]),
    $executeRawUnsafe: (...call) => Promise.resolve(calls.push(['execute', ...call])).then(() => 3),
  };
}

type Call<Result> = (sql: string, ...params: unknown[]) => Promise<Result>;

describe('fromPrisma', () => {
  it.each(['SELECT $1', '  select $1', 'WITH a AS (SELECT 1) SELECT * FROM a', 'DELETE FROM a RETURNING id'])(
    'asks for the rows of %s',
    async (sql) => {
      const client = prisma();
      expect(await fromPrisma(client).query(sql, ['x', null])).toEqual([{ id: 1 }]);
      expect(client.calls).toEqual([['query', sql, 'x', null]]);
    },
  );

  it.each(['INSERT INTO a VALUES ($1)', 'CREATE TABLE a ()', 'UPDATE a SET returning_at = 1'])(
    'asks for no rows of %s',
    async (sql) => {
      const client = prisma();
      expect(await fromPrisma(client).query(sql)).toEqual([]);
      expect(client.calls).toEqual([['execute', sql]]);
    },
  );

  it("rejects with Prisma's error", async () => {
    const error = new Error('P2010');
    const fail = (): Promise<never> => Promise.reject(error);
    const client = fromPrisma({ $queryRawUnsafe: fail, $executeRawUnsafe: fail });
    await expect(client.query('SELECT 1')).rejects.toBe(error);
    await expect(client.query('DELETE FROM a')).rejects.toBe(error);
  });
});
