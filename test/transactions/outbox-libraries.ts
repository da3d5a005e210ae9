import { EntitySchema, MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import type { ModuleMetadata } from '@nestjs/common';
import { ClsPluginTransactional, Propagation, TransactionHost } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { drizzle } from 'drizzle-orm/node-postgres';
import createKnex, { type Knex } from 'knex';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import { DataSource, type EntityManager as TypeOrmManager } from 'typeorm';
import {
  addTransactionalDataSource,
  deleteDataSourceByName,
  initializeTransactionalContext,
  runInTransaction,
  StorageDriver,
} from 'typeorm-transactional';
import type { TrackerService } from '../../src/entries';
import {
  fromDrizzle,
  fromKnex,
  fromMikroOrm,
  fromPrisma,
  fromTypeOrm,
  type SqlClient,
} from '../../src/entries/postgres';
import { holdEvents, trackingTransactionalAdapter } from '../../src/entries/transactions';
import type { BuiltTracking } from '../support/start-tracking';
import { PrismaByContract } from './prisma-by-contract';

/** A transaction of a library, as its callback sees it. */
export interface OpenTransaction {
  query(sql: string): Promise<unknown>;
  /** Runs a callback in a savepoint. */
  nested(body: Body): Promise<unknown>;
}

export type Body = (transaction: OpenTransaction) => Promise<unknown>;

/** A connection of one library. */
export interface Library {
  /** Client for a relay. */
  readonly client: SqlClient;
  /** Modules that the application needs for it.  @default none */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /** Connects the transactions of the library to the outbox of a tracker. */
  store(tracker: TrackerService): void;
  /** Runs a callback in a transaction. The application has started. */
  transaction(body: Body, app: BuiltTracking['app']): Promise<unknown>;
  close(): Promise<unknown>;
}

/** @param max largest number of connections */
type Open = (url: string, max: number) => Promise<Library>;

/** Something of a library that runs callbacks in transactions or savepoints. */
interface Transacting<Client> {
  transaction(body: (client: Client) => Promise<unknown>): PromiseLike<unknown>;
}

function opened<Client extends Transacting<Client>>(
  client: Client,
  from: (client: never) => SqlClient,
): OpenTransaction {
  return {
    query: (sql) => from(client as never).query(sql),
    nested: async (body) => client.transaction((inner) => body(opened(inner, from))),
  };
}

async function typeOrm(url: string, max: number): Promise<DataSource> {
  const source = new DataSource({ type: 'postgres', url, poolSize: max, poolErrorHandler: () => undefined });
  return source.initialize();
}

const managed = (manager: TypeOrmManager): OpenTransaction => opened(manager as never, fromTypeOrm);

async function mikroOrm(url: string, max: number): Promise<MikroORM> {
  const entities = [new EntitySchema({ name: 'Nothing', properties: { id: { type: 'number', primary: true } } })];
  return MikroORM.init({ clientUrl: url, entities, pool: { min: 0, max } });
}

const forked = (em: EntityManager): OpenTransaction => ({
  query: (sql) => fromMikroOrm(em).query(sql),
  nested: (body) => em.transactional((inner) => body(forked(inner))),
});

/** Every library, connected as documented. */
export const LIBRARIES: Readonly<Record<string, Open>> = {
  TypeORM: async (url, max) => {
    const source = await typeOrm(url, max);
    return {
      client: fromTypeOrm(source),
      store: (tracker) => holdEvents(source, tracker, { outbox: fromTypeOrm }),
      transaction: (body) => source.transaction((manager) => body(managed(manager))),
      close: () => source.destroy(),
    };
  },
  'typeorm-transactional': async (url, max) => {
    initializeTransactionalContext({ storageDriver: StorageDriver.ASYNC_LOCAL_STORAGE });
    const source = addTransactionalDataSource(await typeOrm(url, max));
    const current: OpenTransaction = {
      query: (sql) => source.query(sql),
      nested: () => Promise.reject(new Error('the library has no savepoints')),
    };
    return {
      client: fromTypeOrm(source),
      store: (tracker) => holdEvents(source, tracker, { outbox: fromTypeOrm }),
      transaction: (body) => runInTransaction(() => body(current)),
      close: () => {
        deleteDataSourceByName('default');
        return source.destroy();
      },
    };
  },
  '@nestjs-cls/transactional': async (url, max) => {
    const source = await typeOrm(url, max);
    const connection = {
      module: class Connection {},
      providers: [{ provide: DataSource, useValue: source }],
      exports: [DataSource],
    };
    const adapter = trackingTransactionalAdapter(new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource }), {
      outbox: fromTypeOrm,
    });
    const plugin = new ClsPluginTransactional({ imports: [connection], adapter });
    const current = (host: TransactionHost<TransactionalAdapterTypeOrm>): OpenTransaction => ({
      query: (sql) => host.tx.query(sql),
      nested: (body) => host.withTransaction(Propagation.Nested, () => body(current(host))),
    });
    return {
      client: fromTypeOrm(source),
      imports: [ClsModule.forRoot({ plugins: [plugin] })],
      store: () => undefined,
      transaction: (body, app) => {
        const host = app.get<TransactionHost<TransactionalAdapterTypeOrm>>(TransactionHost);
        return host.withTransaction(() => body(current(host)));
      },
      close: () => source.destroy(),
    };
  },
  Knex: (url, max) => {
    const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max } });
    return Promise.resolve({
      client: fromKnex(knex),
      store: (tracker) => holdEvents(knex, tracker, { outbox: fromKnex }),
      transaction: (body) => knex.transaction((trx: Knex.Transaction) => body(opened(trx as never, fromKnex))),
      close: () => knex.destroy(),
    });
  },
  Drizzle: (url, max) => {
    const pool = quietPool(url, max);
    const db = drizzle(pool);
    return Promise.resolve({
      client: fromDrizzle(db),
      store: (tracker) => holdEvents(db, tracker, { outbox: fromDrizzle }),
      transaction: (body) => db.transaction((tx) => body(opened(tx as never, fromDrizzle))),
      close: () => pool.end(),
    });
  },
  'MikroORM, by the EntityManager of the transaction': async (url, max) => {
    const orm = await mikroOrm(url, max);
    return {
      client: fromMikroOrm(orm.em),
      store: (tracker) => holdEvents(orm.em, tracker, { outbox: fromMikroOrm }),
      transaction: (body) => orm.em.fork().transactional((em) => body(forked(em))),
      close: () => orm.close(),
    };
  },
  'MikroORM, by an EntityManager that follows the context': async (url, max) => {
    const orm = await mikroOrm(url, max);
    let em: EntityManager;
    const current: OpenTransaction = {
      query: (sql) => fromMikroOrm(em).query(sql),
      nested: (body) => em.transactional(() => body(current)),
    };
    return {
      client: fromMikroOrm(orm.em),
      store: (tracker) => {
        em = holdEvents(orm.em, tracker, { outbox: fromMikroOrm }).fork({ useContext: true });
      },
      transaction: (body) => em.transactional(() => body(current)),
      close: () => orm.close(),
    };
  },
  'Prisma, by its contract': (url, max) => {
    const pool = quietPool(url, max);
    const prisma = new PrismaByContract(pool);
    return Promise.resolve({
      client: fromPrisma(prisma),
      store: (tracker) => holdEvents(prisma, tracker, { outbox: fromPrisma }),
      transaction: (body) =>
        prisma.$transaction((tx) =>
          body({
            query: (sql) => fromPrisma(tx).query(sql),
            nested: () => Promise.reject(new Error('the library has no savepoints')),
          }),
        ),
      close: () => pool.end(),
    });
  },
};

/** Libraries whose transactions have savepoints. */
export const WITH_SAVEPOINTS = Object.keys(LIBRARIES).filter((name) => !/^typeorm-transactional|Prisma/.test(name));

function quietPool(url: string, max: number): Pool {
  return new Pool({ connectionString: url, max }).on('error', () => undefined);
}

const open = new Set<Library>();

/** Opens a library, and closes it after the test, when the applications have closed. */
export async function openLibrary(name: string, url: string, max = 5): Promise<Library> {
  const library = await LIBRARIES[name]!(url, max);
  open.add(library);
  return library;
}

// Hooks run in the order of the imports: that of start-tracking closes the applications first.
afterEach(async () => {
  const libraries = [...open];
  open.clear();
  for (const library of libraries) await library.close();
});
