import fc from 'fast-check';
import { backend, defineEvent, type Backend, type TrackingEvent } from '../../src/entries';
import { jsonSchema } from '../../src/entries/json-schema';
import { outboxSchema, startOutbox, type OutboxSchema } from '../outbox/outbox-parts';
import { describeWithServices } from '../support/services';
import { expectBalance } from '../support/start-tracking';
import { until } from '../support/until';
import { flow, FlowRunner, storesEarly } from './outbox-flows';

/** Keys of the events that two applications have received; an outbox may send one twice. */
class Sink implements Backend {
  static readonly received = new Set<string>();

  send({ data }: TrackingEvent): void {
    Sink.received.add(keyOf(data));
  }
}

const known = defineEvent('known', { data: jsonSchema({ type: 'object' }) });
const options = {
  ...{ backends: { sink: backend(Sink) }, catalog: [known] },
  validation: { unplanned: 'reject' },
} as const;

/** A table for the data, and a copy of each row of the outbox with its transaction. */
async function preparedSchema(url: string): Promise<OutboxSchema> {
  const schema = await outboxSchema(url);
  const { name, query } = schema;
  await query(`CREATE TABLE ${name}.written (kind text, key text)`);
  await query(`CREATE TABLE ${name}.copies (position bigint, transaction bigint, key text)`);
  await query(`CREATE FUNCTION ${name}.copy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO ${name}.copies VALUES (NEW.position, txid_current(), NEW.event::json->'data'->>'key');
    RETURN NEW;
  END $$`);
  await query(
    `CREATE TRIGGER copy AFTER INSERT ON ${name}.tracking_outbox FOR EACH ROW EXECUTE FUNCTION ${name}.copy()`,
  );
  return schema;
}

async function keysOf({ name, query }: OutboxSchema, kind: string): Promise<string[]> {
  const rows = await query(`SELECT key FROM ${name}.written WHERE kind = $1`, [kind]);
  return rows.map(({ key }) => String(key)).sort();
}

/** Keys of each transaction in the order of their rows. */
async function storedOrder({ name, query }: OutboxSchema): Promise<string[][]> {
  const rows = await query(`SELECT array_agg(key ORDER BY position) AS keys FROM ${name}.copies GROUP BY transaction`);
  return rows.map(({ keys }) => keys as string[]);
}

const keyOf = (data: unknown): string => String((data as { key?: unknown }).key);
const numberOf = (key: string): number => Number(key.split('.')[1]);

describeWithServices(['postgres'], 'Rows and events with an outbox', ({ postgres }) => {
  it('are the same after any transactions, savepoints and errors, in parallel and with two relays', async () => {
    const schema = await preparedSchema(postgres);
    const relay = { leaseMs: 3000, pollIntervalMs: 20, batchSize: 3, maxInFlight: 6 };
    const { tracker, ledger } = await startOutbox(schema, relay, options);
    const other = await startOutbox(schema, relay, options);
    const runner = new FlowRunner(postgres, tracker, schema.name);
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(flow, { minLength: 1, maxLength: 3 }), async (flows) => {
          Sink.received.clear();
          await tracker.deadLetters.purge({});
          runner.outside.length = 0;
          await schema.query(`TRUNCATE ${schema.name}.written, ${schema.name}.copies`);
          await Promise.all(flows.map((scopes, at) => runner.run(scopes, String(at))));
          await until(async () => (await schema.rows()).length === 0);
          const events = [...(await keysOf(schema, 'event')), ...runner.outside].sort();
          expect([...Sink.received].sort()).toEqual(events);
          const stored = await storedOrder(schema);
          expect([...stored.flat(), ...runner.outside].sort()).toEqual(events);
          const letters = tracker.deadLetters.list().map(({ event }) => keyOf(event.data));
          expect(letters.sort()).toEqual(await keysOf(schema, 'rejected'));
          if (!flows.some(storesEarly))
            for (const keys of stored)
              expect(keys).toEqual([...keys].sort((one, two) => numberOf(one) - numberOf(two)));
          expect(ledger.tracker().held).toBe(0);
          expectBalance(ledger);
          expectBalance(other.ledger);
        }),
        { numRuns: 40 },
      );
      const relayed = [ledger, other.ledger].map((each) => each.tracker().relayed);
      expect(Math.min(...relayed)).toBeGreaterThan(0);
    } finally {
      await runner.close();
    }
  }, 180_000);
});
