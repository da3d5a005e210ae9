import { fromPg } from '../../src/entries/postgres';
import { describeWithServices } from '../support/services';
import { expectBalance } from '../support/start-tracking';
import { until } from '../support/until';
import { outboxSchema, startOutbox } from './outbox-parts';

describeWithServices(['postgres'], 'an outbox', ({ postgres }) => {
  it('stores the events of a transaction before it commits, and a relay sends them', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker, names, ledger } = await startOutbox(schema, {});
    await schema.transact((client) =>
      tracker.transaction(
        async () => {
          tracker.emit('a', { at: new Date(0), zero: '\0' });
          await client.query(`INSERT INTO ${schema.name}.enrolments VALUES ('x')`);
          tracker.emit('b');
        },
        { outbox: fromPg(client) },
      ),
    );
    await until(() => names().length === 2);
    expect(names()).toEqual(['a', 'b']);
    await until(async () => (await schema.rows()).length === 0);
    expect(ledger.tracker()).toMatchObject({ emitted: 2, held: 0, outbox: 2, relayed: 2, dropped: {} });
    expectBalance(ledger);
  });
});
