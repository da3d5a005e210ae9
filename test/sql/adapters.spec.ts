import { EntitySchema, MikroORM, type SqlEntityManager } from '@mikro-orm/postgresql';
import { drizzle } from 'drizzle-orm/node-postgres';
import createKnex, { type Knex } from 'knex';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Client, Pool } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { fromDrizzle } from '../../src/sql/from-drizzle';
import { fromKnex } from '../../src/sql/from-knex';
import { fromKysely } from '../../src/sql/from-kysely';
import { fromMikroOrm } from '../../src/sql/from-mikro-orm';
import { fromPg } from '../../src/sql/from-pg';
import { fromTypeOrm } from '../../src/sql/from-type-orm';
import type { SqlClient } from '../../src/sql/sql-client';
import { describeWithServices } from '../support/services';

/** Client of one library, with a transaction that is rolled back at the end of `body`. */
interface Library {
  readonly client: SqlClient;
  rolledBack(body: (client: SqlClient) => Promise<void>): Promise<void>;
  close(): Promise<unknown>;
}

/** Ends a transaction without hiding an error of its body. */
class RollBack extends Error {}

function swallowRollBack(error: unknown): void {
  if (!(error instanceof RollBack)) throw error;
}

/** Runs `body` in a transaction of the library, and makes the library roll it back. */
async function rollingBack<Tx>(
  begin: (body: (tx: Tx) => Promise<void>) => PromiseLike<unknown>,
  body: (tx: Tx) => Promise<void>,
): Promise<void> {
  try {
    await begin(async (tx) => {
      await body(tx);
      throw new RollBack();
    });
  } catch (error) {
    swallowRollBack(error);
  }
}

const libraries: Readonly<Record<string, (url: string) => Promise<Library>>> = {
  'a Pool of pg': (url) => {
    const pool = new Pool({ connectionString: url, max: 2 });
    return Promise.resolve({
      client: fromPg(pool),
      async rolledBack(body) {
        const one = await pool.connect();
        await one.query('BEGIN');
        await body(fromPg(one)).finally(() => one.query('ROLLBACK'));
        one.release();
      },
      close: () => pool.end(),
    });
  },
  'a Client of pg': async (url) => {
    const one = new Client({ connectionString: url });
    await one.connect();
    return {
      client: fromPg(one),
      async rolledBack(body) {
        await one.query('BEGIN');
        await body(fromPg(one)).finally(() => one.query('ROLLBACK'));
      },
      close: () => one.end(),
    };
  },
  TypeORM: async (url) => {
    const source = await new DataSource({ type: 'postgres', url }).initialize();
    return {
      client: fromTypeOrm(source),
      rolledBack: (body) =>
        rollingBack(
          (run) => source.transaction(run),
          (tx: EntityManager) => body(fromTypeOrm(tx)),
        ),
      close: () => source.destroy(),
    };
  },
  Knex: (url) => {
    const knex = createKnex({ client: 'pg', connection: url });
    return Promise.resolve({
      client: fromKnex(knex),
      rolledBack: (body) =>
        rollingBack(
          (run) => knex.transaction(run),
          (tx: Knex.Transaction) => body(fromKnex(tx)),
        ),
      close: () => knex.destroy(),
    });
  },
  Kysely: (url) => {
    const db = new Kysely<object>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url }) }) });
    return Promise.resolve({
      client: fromKysely(db),
      rolledBack: (body) =>
        rollingBack(
          (run) => db.transaction().execute(run),
          (tx: Transaction<object>) => body(fromKysely(tx)),
        ),
      close: () => db.destroy(),
    });
  },
  Drizzle: (url) => {
    const pool = new Pool({ connectionString: url });
    const db = drizzle(pool);
    return Promise.resolve({
      client: fromDrizzle(db),
      rolledBack: (body) =>
        rollingBack(
          (run) => db.transaction(run),
          (tx: Parameters<Parameters<typeof db.transaction>[0]>[0]) => body(fromDrizzle(tx)),
        ),
      close: () => pool.end(),
    });
  },
  MikroORM: async (url) => {
    const entity = new EntitySchema({ name: 'Course', properties: { id: { type: 'number', primary: true } } });
    const orm = await MikroORM.init({ clientUrl: url, entities: [entity] });
    return {
      client: fromMikroOrm(orm.em),
      rolledBack: (body) =>
        rollingBack(
          (run) => orm.em.fork().transactional(run),
          (em: SqlEntityManager) => body(fromMikroOrm(em)),
        ),
      close: () => orm.close(),
    };
  },
};

/** What a library could take for one of its own placeholders, or fail to escape. */
const NASTY = 'it\'s "quoted" ? ?? \\? \\ $1 :name @p1 %s ${x} é 𝒳 \n \t --';

describeWithServices(['postgres'], 'A SqlClient', ({ postgres }) => {
  describe.each(Object.entries(libraries))('of %s', (title, open) => {
    const table = `sql_client_${title.replace(/\W/g, '_').toLowerCase()}_${process.pid}`;
    let library: Library;
    const query: SqlClient['query'] = (sql, params) => library.client.query(sql, params);

    beforeAll(async () => {
      library = await open(postgres);
      await query(`CREATE TABLE ${table} (id int primary key, value text, document jsonb)`);
    });

    afterAll(async () => {
      await query(`DROP TABLE IF EXISTS ${table}`);
      await library.close();
    });

    afterEach(() => query(`DELETE FROM ${table}`));

    it('passes every kind of value as it is, and returns the rows', async () => {
      const rows = await query('SELECT $1::text AS text, $2::int AS number, $3::boolean AS flag, $4::text AS nothing', [
        ...[NASTY, 7, true, null],
      ]);
      expect(rows).toEqual([{ text: NASTY, number: 7, flag: true, nothing: null }]);
    });

    it('takes a parameter twice, and question marks of the statement', async () => {
      const sql = `SELECT $2::text AS second, $1::text AS first, '?' || $2::text AS again,
        '{"a": 1}'::jsonb ? 'a' AS has`;
      expect(await query(sql, ['one', 'two'])).toEqual([{ second: 'two', first: 'one', again: '?two', has: true }]);
    });

    it('writes JSON given as text', async () => {
      const document = { [NASTY]: [NASTY, 1.5, null, { deep: true }] };
      await query(
        `INSERT INTO ${table} SELECT * FROM jsonb_to_recordset($1::text::jsonb) AS r(id int, value text, document jsonb)`,
        [JSON.stringify([{ id: 1, value: NASTY, document }])],
      );
      expect(await query(`SELECT * FROM ${table}`)).toEqual([{ id: 1, value: NASTY, document }]);
    });

    it('returns the rows of every kind of statement, and none where there are none', async () => {
      const insert = `INSERT INTO ${table} VALUES (1, 'a'), (2, 'b')`;
      expect(await query(`${insert} RETURNING id`)).toEqual([{ id: 1 }, { id: 2 }]);
      expect(await query(`UPDATE ${table} SET value = $1`, ['c'])).toEqual([]);
      expect(await query(`UPDATE ${table} SET value = 'd' WHERE id = 1 RETURNING value`)).toEqual([{ value: 'd' }]);
      expect(await query(`DELETE FROM ${table} WHERE id = 1`)).toEqual([]);
      expect(await query(`DELETE FROM ${table} RETURNING id`)).toEqual([{ id: 2 }]);
      expect(await query(`SELECT * FROM ${table}`)).toEqual([]);
    });

    it('takes part in a transaction', async () => {
      await library.rolledBack(async (client) => {
        await client.query(`INSERT INTO ${table} VALUES (1, $1)`, ['inside']);
        expect(await client.query(`SELECT value FROM ${table}`)).toEqual([{ value: 'inside' }]);
      });
      expect(await query(`SELECT * FROM ${table}`)).toEqual([]);
    });

    it("rejects with the library's error, which names the SQLSTATE somewhere", async () => {
      const failure: unknown = await query(`SELECT * FROM no_such_table_${table}`).catch((error: unknown) => error);
      expect(codesOf(failure)).toContain('42P01');
    });
  });
});

function codesOf(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, cause, driverError } = error as Partial<Record<string, unknown>>;
  return [code, ...codesOf(cause), ...(driverError === error ? [] : codesOf(driverError))];
}
