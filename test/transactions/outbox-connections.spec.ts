import { EntitySchema, MikroORM, type EventArgs, type EventSubscriber } from '@mikro-orm/postgresql';
import createKnex, { type Knex } from 'knex';
import { Pool, type PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { getTrackerToken, TrackingModule, type TrackerService } from '../../src/entries';
import { fromKnex, fromMikroOrm, fromPg, fromTypeOrm } from '../../src/entries/postgres';
import { holdEvents, trackingTransactionalAdapter } from '../../src/entries/transactions';
import { outboxSchema, startOutbox, type OutboxSchema } from '../outbox/outbox-parts';
import { describeWithServices } from '../support/services';
import { transact } from '../support/transact';
import { expectBalance, type BuiltTracking } from '../support/start-tracking';

describeWithServices(['postgres'], 'holdEvents with an outbox', ({ postgres }) => {
  const closing: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function storedNames(schema: OutboxSchema): Promise<unknown[]> {
    return (await schema.rows()).map(({ event }) => (JSON.parse(String(event)) as { name: string }).name);
  }

  async function courses({ name, query }: OutboxSchema): Promise<unknown[]> {
    return (await query(`SELECT course FROM ${name}.enrolments`)).map(({ course }) => course);
  }

  describe('of Knex', () => {
    interface WithKnex extends BuiltTracking {
      readonly schema: OutboxSchema;
      readonly knex: Knex;
      enrol(trx: Knex.Transaction): Knex.Raw;
    }

    async function start(): Promise<WithKnex> {
      const schema = await outboxSchema(postgres);
      const built = await startOutbox(schema);
      const knex = createKnex({ client: 'pg', connection: postgres });
      closing.push(() => knex.destroy());
      holdEvents(knex, built.tracker, { outbox: fromKnex });
      return Object.assign(built, {
        ...{ schema, knex },
        enrol: (trx: Knex.Transaction) => trx.raw(`INSERT INTO ${schema.name}.enrolments VALUES ('x')`),
      });
    }

    it.each<[string, (app: WithKnex) => (trx: Knex.Transaction) => unknown]>([
      [
        'awaits commit',
        ({ tracker, enrol }) =>
          async (trx) => {
            tracker.emit('a');
            await enrol(trx);
            await trx.commit('result');
          },
      ],
      [
        'returns nothing, and commits later',
        ({ tracker, enrol }) =>
          (trx) => {
            tracker.emit('a');
            void enrol(trx).then(() => trx.commit('result'));
          },
      ],
      [
        'returns a query',
        ({ tracker, enrol }) =>
          (trx) => {
            tracker.emit('a');
            return enrol(trx).then(() => 'result');
          },
      ],
    ])('stores the events before a body commits that %s', async (_title, bodyOf) => {
      const app = await start();
      expect(await app.knex.transaction(bodyOf(app) as (trx: Knex.Transaction) => Promise<unknown>)).toBe('result');
      expect([await storedNames(app.schema), await courses(app.schema)]).toEqual([['a'], ['x']]);
      expect(app.ledger.tracker()).toMatchObject({ held: 0, outbox: 1, dropped: {} });
    });

    it('rejects a commit of the body if the events cannot be inserted', async () => {
      const app = await start();
      await app.schema.query(`DROP TABLE ${app.schema.name}.tracking_outbox`);
      let after = 'not reached';
      const transaction = app.knex.transaction(async (trx) => {
        app.tracker.emit('a');
        await app.enrol(trx);
        await trx.commit();
        after = 'reached';
      });
      await expect(transaction).rejects.toThrow(/its table does not exist/);
      expect([after, await courses(app.schema), app.ledger.tracker().held]).toEqual(['not reached', [], 0]);
    });

    it.each<[string, (trx: Knex.Transaction) => unknown]>([
      ['rolls back', (trx) => trx.rollback(new Error('failed'))],
      [
        'throws at once',
        () => {
          throw new Error('failed');
        },
      ],
    ])('drops the events of a body that %s', async (_title, end) => {
      const app = await start();
      const transaction = app.knex.transaction((trx) => {
        app.tracker.emit('a');
        return end(trx) as Promise<unknown>;
      });
      await expect(transaction).rejects.toThrow('failed');
      expect([await storedNames(app.schema), app.ledger.tracker().dropped]).toEqual([[], { 'rolled-back': 1 }]);
    });
  });

  it('of MikroORM stores the events that hooks of entities emit', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker } = await startOutbox(schema);
    const Enrolment = new EntitySchema<{ course: string }>({
      ...{ name: 'Enrolment', tableName: 'enrolments', schema: schema.name },
      properties: { course: { type: 'string', primary: true } },
    });
    class Subscriber implements EventSubscriber<{ course: string }> {
      afterCreate({ entity }: EventArgs<{ course: string }>): void {
        tracker.emit(entity.course);
      }
    }
    const orm = await MikroORM.init({ clientUrl: postgres, entities: [Enrolment], subscribers: [new Subscriber()] });
    closing.push(() => orm.close());
    holdEvents(orm.em, tracker, { outbox: fromMikroOrm });
    await orm.em.fork().transactional(async (em) => {
      tracker.emit('first');
      em.persist(em.create(Enrolment, { course: 'hooked' }));
      await Promise.resolve();
    });
    expect([await storedNames(schema), await courses(schema)]).toEqual([['first', 'hooked'], ['hooked']]);
  });

  it('stores the events of two trackers of one connection apart', async () => {
    const schema = await outboxSchema(postgres);
    const { app, tracker } = await startOutbox(schema, undefined, undefined, {
      imports: [TrackingModule.forRoot({ name: 'audit', ...schema.place })],
    });
    const audit = app.get<TrackerService>(getTrackerToken('audit'));
    const source = await new DataSource({ type: 'postgres', url: postgres }).initialize();
    closing.push(() => source.destroy());
    for (const each of [tracker, audit]) holdEvents(source, each, { outbox: fromTypeOrm });
    await source.transaction(async (manager) => {
      tracker.emit('a');
      audit.emit('b');
      await manager.query(`INSERT INTO ${schema.name}.enrolments VALUES ('x')`);
      tracker.emit('c');
    });
    await expect(
      source.transaction(() => {
        for (const each of [tracker, audit]) each.emit('dropped');
        return Promise.reject(new Error('failed'));
      }),
    ).rejects.toThrow('failed');
    expect((await schema.rows()).map(({ tracker: name }) => name).sort()).toEqual(['audit', 'default', 'default']);
    expect([await storedNames(schema), await courses(schema)]).toEqual([['b', 'a', 'c'], ['x']]);
    for (const { ledger } of [tracker, audit]) expectBalance(ledger);
  });

  it('stores only the events of the last run of a body that a library repeats', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker, ledger } = await startOutbox(schema);
    const pool = new Pool({ connectionString: postgres });
    closing.push(() => pool.end());
    const repeating = holdEvents(new Repeating(pool), tracker, { outbox: fromPg });
    const count = `SELECT count(*) FROM ${schema.name}.enrolments`;
    const enrol = (course: string): string => `INSERT INTO ${schema.name}.enrolments VALUES ('${course}')`;
    let runs = 0;
    await repeating.transaction(async (client) => {
      tracker.emit(`run ${String(++runs)}`);
      await client.query(count);
      if (runs < 3)
        await repeating.plain(async (other) => {
          await other.query(count);
          await other.query(enrol('y'));
        });
      await client.query(enrol('x'));
    });
    expect([await storedNames(schema), runs]).toEqual([['run 3'], 3]);
    expect([await courses(schema), ledger.tracker().dropped]).toEqual([['y', 'y', 'x'], { 'rolled-back': 2 }]);
  });

  it('rejects a transaction whose adapter of @nestjs-cls/transactional has set no client', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker, ledger } = await startOutbox(schema);
    const adapter = trackingTransactionalAdapter(
      {
        optionsFactory: () => ({
          wrapWithTransaction: (_options: unknown, body: () => Promise<unknown>) => body(),
          getFallbackInstance: () => schema.pool,
        }),
      },
      { outbox: fromPg },
    );
    const runner = adapter.optionsFactory(undefined, [tracker]);
    const body = async (): Promise<void> => {
      await Promise.resolve();
      tracker.emit('a');
    };
    await expect(runner.wrapWithTransaction(undefined, body, () => undefined)).rejects.toThrow(
      /the adapter has set no client for the transaction\. Fix: leave out the option outbox/,
    );
    expect(ledger.tracker().emitted).toBe(0);
  });
});

/** A library that repeats the body of a transaction after a serialization failure. */
class Repeating {
  constructor(private readonly pool: Pool) {}

  async transaction(body: (client: PoolClient) => Promise<unknown>): Promise<unknown> {
    for (;;) {
      try {
        return await this.plain(body);
      } catch (error) {
        if ((error as { code?: unknown }).code !== '40001') throw error;
      }
    }
  }

  plain(body: (client: PoolClient) => Promise<unknown>): Promise<unknown> {
    return transact(this.pool, body, 'BEGIN ISOLATION LEVEL SERIALIZABLE');
  }
}
