import createKnex, { type Knex } from 'knex';
import { holdEvents } from '../../src/entries/transactions';
import { fromKnex, type SqlClient } from '../../src/entries/postgres';
import { outboxSchema, startOutbox } from '../outbox/outbox-parts';
import { describeWithServices } from '../support/services';
import { startTracking } from '../support/start-tracking';

describeWithServices(['postgres'], 'A transaction of Knex that its body rolls back', ({ postgres }) => {
  const knexes: Knex[] = [];
  const connect = (): Knex => {
    const knex = createKnex({ client: 'pg', connection: postgres });
    knexes.push(knex);
    return knex;
  };
  afterEach(async () => {
    for (const knex of knexes.splice(0)) await knex.destroy();
  });

  it.each(['without an error', 'with an error'])('drops its events: %s', async (how) => {
    const { tracker, names, ledger } = await startTracking();
    const knex = holdEvents(connect(), tracker);
    const running = knex.transaction(async (transaction) => {
      tracker.emit('a');
      await transaction.rollback(how === 'with an error' ? new Error('rolled back') : undefined);
    });
    await running.catch(() => undefined);
    expect([names(), ledger.tracker().dropped]).toEqual([[], { 'rolled-back': 1 }]);
  });

  it('drops the events of a savepoint alone', async () => {
    const { tracker, names } = await startTracking();
    const knex = holdEvents(connect(), tracker);
    await knex.transaction(async (transaction) => {
      tracker.emit('a');
      await transaction.transaction(async (savepoint) => {
        tracker.emit('dropped');
        await savepoint.rollback();
      });
      tracker.emit('b');
    });
    expect(names()).toEqual(['a', 'b']);
  });

  it('stores no event of a savepoint in an outbox', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker } = await startOutbox(schema);
    const knex = holdEvents(connect(), tracker, { outbox: fromKnex });
    await knex.transaction(async (transaction) => {
      tracker.emit('a');
      await transaction.transaction(async (savepoint) => {
        tracker.emit('dropped');
        await savepoint.rollback();
      });
    });
    const rows = await schema.rows();
    expect(rows.map(({ event }) => (JSON.parse(String(event)) as { name: string }).name)).toEqual(['a']);
  });

  it('rejects if the adapter gives no client', async () => {
    const { tracker } = await startTracking();
    const knex = holdEvents(connect(), tracker, { outbox: () => ({}) as SqlClient });
    const body = jest.fn(() => Promise.resolve());
    await expect(knex.transaction(body)).rejects.toThrow(/an outbox that is no client/);
    expect(body).not.toHaveBeenCalled();
  });
});

// The MongoDB of the tests has no transactions, so this is the contract of a session alone.
describe('A session that its body aborts', () => {
  it('drops its events, and those of a later run are sent', async () => {
    const { tracker, names } = await startTracking();
    const session = holdEvents(
      {
        abortTransaction: () => Promise.resolve(),
        withTransaction: (body: (given: object) => Promise<void>): Promise<void> => body(session),
      },
      tracker,
    );
    await session.withTransaction(async () => {
      tracker.emit('dropped');
      await session.abortTransaction();
    });
    await session.withTransaction(async () => {
      await Promise.resolve();
      tracker.emit('a');
    });
    expect(names()).toEqual(['a']);
  });
});
