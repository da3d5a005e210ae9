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

/** Client of one library, with a transaction that is rolled back at the end of `body`. */
export interface Library {
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

/** Opens a connection of each library, by its name. */
export const libraries: Readonly<Record<string, (url: string) => Promise<Library>>> = {
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
