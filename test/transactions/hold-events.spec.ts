import { EntitySchema, MikroORM, type EntityManager } from '@mikro-orm/postgresql';
import { drizzle } from 'drizzle-orm/node-postgres';
import createKnex from 'knex';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { TrackerService } from '../../src/entries';
import { holdEvents } from '../../src/entries/transactions';
import { describeWithServices } from '../support/services';
import { startTracking } from '../support/start-tracking';

type Body = (nested: (body: Body) => Promise<unknown>) => Promise<unknown>;

/** A connection of one library whose events are held. */
interface Library {
  /** Runs the body in a transaction; what it is given runs another body in a savepoint. */
  transaction(body: Body): Promise<unknown>;
  close(): Promise<unknown>;
}

interface Session {
  withTransaction(body: (session: object) => Promise<void>): Promise<void>;
}

interface Nesting {
  transaction(body: (inner: Nesting) => Promise<unknown>): Promise<unknown>;
}

const nestingBody =
  (body: Body) =>
  (client: Nesting): Promise<unknown> =>
    body((inner) => client.transaction(nestingBody(inner)));

const libraries: Readonly<Record<string, (url: string, tracker: TrackerService) => Promise<Library>>> = {
  TypeORM: async (url, tracker) => {
    const source = holdEvents(await new DataSource({ type: 'postgres', url }).initialize(), tracker);
    return {
      transaction: (body) => source.transaction('READ COMMITTED', (manager) => nestingBody(body)(manager as never)),
      close: () => source.destroy(),
    };
  },
  Knex: (url, tracker) => {
    const knex = holdEvents(createKnex({ client: 'pg', connection: url }), tracker);
    return Promise.resolve({
      transaction: (body) => knex.transaction((trx) => nestingBody(body)(trx as never)),
      close: () => knex.destroy(),
    });
  },
  Drizzle: (url, tracker) => {
    const pool = new Pool({ connectionString: url });
    const db = holdEvents(drizzle(pool), tracker);
    return Promise.resolve({
      transaction: (body) => db.transaction((tx) => nestingBody(body)(tx as never)),
      close: () => pool.end(),
    });
  },
  'MikroORM, by the EntityManager of the transaction': async (url, tracker) => {
    const orm = await mikroOrm(url, tracker);
    const nesting =
      (body: Body) =>
      (em: EntityManager): Promise<unknown> =>
        body((inner) => em.transactional(nesting(inner)));
    return { transaction: (body) => orm.em.fork().transactional(nesting(body)), close: () => orm.close() };
  },
  'MikroORM, by an EntityManager that follows the context': async (url, tracker) => {
    const orm = await mikroOrm(url, tracker);
    const em = orm.em.fork({ useContext: true });
    const nested = (body: Body): Promise<unknown> => em.transactional(() => body(nested));
    return { transaction: nested, close: () => orm.close() };
  },
};

async function mikroOrm(url: string, tracker: TrackerService): Promise<MikroORM> {
  const entities = [new EntitySchema({ name: 'Nothing', properties: { id: { type: 'number', primary: true } } })];
  const orm = await MikroORM.init({ clientUrl: url, entities });
  holdEvents(orm.em, tracker);
  return orm;
}

describeWithServices(['postgres'], 'holdEvents', ({ postgres }) => {
  describe.each(Object.keys(libraries))('of %s', (name) => {
    it('sends events after the commit, and drops them after a rollback', async () => {
      const { tracker, names, ledger } = await startTracking();
      const library = await libraries[name]!(postgres, tracker);
      await library.transaction(() => {
        tracker.emit('committed');
        expect(names()).toEqual([]);
        return Promise.resolve();
      });
      const failed = library.transaction(() => {
        tracker.emit('dropped');
        return Promise.reject(new Error('failed'));
      });
      await expect(failed).rejects.toThrow('failed');
      await library.close();
      expect([names(), ledger.tracker().dropped]).toEqual([['committed'], { 'rolled-back': 1 }]);
    });

    it('treats a transaction inside another one as a savepoint', async () => {
      const { tracker, names } = await startTracking();
      const library = await libraries[name]!(postgres, tracker);
      await library.transaction(async (nested) => {
        tracker.emit('a');
        await nested(async () => {
          tracker.emit('b');
          await Promise.resolve();
        });
        const inner = nested(() => {
          tracker.emit('dropped');
          return Promise.reject(new Error('failed'));
        });
        await inner.catch(() => undefined);
        tracker.emit('c');
        expect(names()).toEqual([]);
      });
      await library.close();
      expect(names()).toEqual(['a', 'b', 'c']);
    });
  });

  it('wraps a connection once for each tracker', async () => {
    const { tracker, names } = await startTracking();
    const source = await new DataSource({ type: 'postgres', url: postgres }).initialize();
    expect(holdEvents(holdEvents(source, tracker), tracker)).toBe(source);
    await source.transaction(async () => {
      tracker.emit('a');
      await Promise.resolve();
    });
    await source.destroy();
    expect(names()).toEqual(['a']);
  });
});

describe('holdEvents', () => {
  it('explains that an object has no transactions', async () => {
    const { tracker } = await startTracking();
    expect(() => holdEvents({}, tracker)).toThrow(/^holdEvents was given an object without .* Fix: pass a DataSource/);
  });

  // The MongoDB of the tests has no transactions, so this is the contract of a session alone.
  it('sends only the events of the last run of a session that repeats its body', async () => {
    const { tracker, names } = await startTracking();
    const session: Session = holdEvents(
      {
        async withTransaction(body: (session: object) => Promise<void>): Promise<void> {
          await body(session);
          await body(session);
        },
      },
      tracker,
    );
    let runs = 0;
    await session.withTransaction(async () => {
      tracker.emit(`run ${String(++runs)}`);
      await Promise.resolve();
    });
    expect(names()).toEqual(['run 2']);
  });

  it('leaves calls without a callback alone', async () => {
    const { tracker, names } = await startTracking();
    const prisma = holdEvents({ $transaction: (queries: readonly string[]) => Promise.resolve(queries) }, tracker);
    expect(await prisma.$transaction(['a'])).toEqual(['a']);
    tracker.emit('b');
    expect(names()).toEqual(['b']);
  });
});
