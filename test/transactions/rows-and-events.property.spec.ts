import fc from 'fast-check';
import createKnex, { type Knex } from 'knex';
import type { TrackerService } from '../../src/entries';
import { holdEvents } from '../../src/entries/transactions';
import { describeWithServices } from '../support/services';
import { CollectingBackend, startTracking } from '../support/start-tracking';

/** Writes a row and emits its event; or does so in a transaction, which may fail. */
type Step = 'write' | { readonly fails: boolean; readonly steps: readonly Step[] };

const { steps } = fc.letrec<{ step: Step; steps: Step[] }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small' },
    fc.constant('write' as const),
    fc.record({ fails: fc.boolean(), steps: tie('steps') }),
  ),
  steps: fc.array(tie('step'), { maxLength: 4 }),
}));

class Writer {
  private written = 0;

  constructor(
    private readonly tracker: TrackerService,
    private readonly table: string,
  ) {}

  async run(flow: readonly Step[], db: Knex): Promise<void> {
    for (const step of flow) {
      if (step === 'write') {
        const name = String(this.written++);
        await db(this.table).insert({ name });
        this.tracker.emit(name);
      } else {
        const transaction = db.transaction(async (trx) => {
          await this.run(step.steps, trx);
          if (step.fails) throw new Error('rolled back');
        });
        await transaction.catch(() => undefined);
      }
    }
  }
}

describeWithServices(['postgres'], 'Rows and events', ({ postgres }) => {
  it('are the same after any transactions, savepoints and errors, also in parallel', async () => {
    const table = `rows_and_events_${String(process.pid)}`;
    const { tracker } = await startTracking();
    const sink = new CollectingBackend();
    tracker.registerBackend('collecting', sink);
    const knex = holdEvents(createKnex({ client: 'pg', connection: postgres }), tracker);
    try {
      await knex.schema.createTable(table, (columns) => columns.text('name'));
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 3 }), async (flows) => {
          sink.received.length = 0;
          await knex(table).delete();
          const writer = new Writer(tracker, table);
          await Promise.all(flows.map((flow) => writer.run(flow, knex)));
          const rows: string[] = await knex(table).pluck('name');
          expect([...sink.names].sort()).toEqual(rows.sort());
        }),
        { numRuns: 40 },
      );
    } finally {
      await knex.schema.dropTableIfExists(table);
      await knex.destroy();
    }
  });
});
