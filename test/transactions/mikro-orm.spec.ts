/** Transactions of MikroORM in each other: the rows that stay say which events are right. */
import { randomUUID } from 'node:crypto';
import { EntitySchema, MikroORM, TransactionPropagation, type SqlEntityManager } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import { holdEvents } from '../../src/entries/transactions';
import { describeWithServices } from '../support/services';
import { startTracking, type BuiltTracking } from '../support/start-tracking';

/** A transaction that writes a row and emits an event before and after those inside it. */
interface Step {
  readonly propagation: TransactionPropagation | undefined;
  /** True if a transaction inside this one has none itself. */
  readonly ignoreNestedTransactions?: boolean;
  readonly throws: boolean;
  readonly inside: readonly Step[];
}

const PROPAGATIONS = [...Object.values(TransactionPropagation), undefined];

describeWithServices(['postgres'], 'holdEvents of MikroORM', ({ postgres }) => {
  const table = `mikro_${randomUUID().replaceAll('-', '')}`;
  let orm: MikroORM;
  let run: BuiltTracking;
  let written = 0;

  beforeEach(async () => {
    run = await startTracking();
    const entities = [new EntitySchema({ name: 'Nothing', properties: { id: { type: 'number', primary: true } } })];
    orm = await MikroORM.init({ clientUrl: postgres, entities, pool: { max: 8 } });
    holdEvents(orm.em, run.tracker);
    await orm.em.execute(`CREATE TABLE ${table} (id int)`);
  });

  afterEach(async () => {
    await orm.em.execute(`DROP TABLE ${table}`);
    await orm.close();
  });

  async function write(em: SqlEntityManager): Promise<void> {
    const id = written++;
    await em.execute(`INSERT INTO ${table} VALUES (${String(id)})`);
    run.tracker.emit(`row ${String(id)}`);
  }

  /** Runs a transaction, and ignores its error. */
  async function take(step: Step, em: SqlEntityManager): Promise<void> {
    const { propagation, ignoreNestedTransactions = false } = step;
    const options = { ...(propagation && { propagation }), ignoreNestedTransactions };
    const body = async (inner: SqlEntityManager): Promise<void> => {
      await write(inner);
      for (const each of step.inside) await take(each, inner);
      await write(inner);
      if (step.throws) throw new Error('thrown');
    };
    await em.transactional(body, options).catch(() => undefined);
  }

  /** Names of the events that should be there, in the order of their emits. */
  async function rows(): Promise<string[]> {
    const found = await orm.em.execute<{ id: number }[]>(`SELECT id FROM ${table} ORDER BY id`);
    return found.map(({ id }) => `row ${String(id)}`);
  }

  const sorted = (names: readonly string[]): string[] =>
    [...names].sort((one, other) => Number(one.slice(4)) - Number(other.slice(4)));

  const outcomes = [false, true].flatMap((inner) => [false, true].map((outer) => [inner, outer] as const));

  it.each(PROPAGATIONS)('sends the events of the rows that stay, for %s inside a transaction', async (propagation) => {
    for (const [throws, outerThrows] of outcomes) {
      const inside = [{ propagation, throws, inside: [] }];
      await take({ propagation: undefined, throws: outerThrows, inside }, orm.em.fork());
      expect([throws, outerThrows, sorted(run.names())]).toEqual([throws, outerThrows, await rows()]);
    }
  });

  it.each(PROPAGATIONS)('sends the events of the rows that stay, for %s alone', async (propagation) => {
    for (const throws of [false, true]) {
      await take({ propagation, throws, inside: [] }, orm.em.fork());
      expect([throws, sorted(run.names())]).toEqual([throws, await rows()]);
    }
  });

  it('sends the events of requires_new although the transaction around it rolls back', async () => {
    const inside = [{ propagation: TransactionPropagation.REQUIRES_NEW, throws: false, inside: [] }];
    await take({ propagation: undefined, throws: true, inside }, orm.em.fork());
    expect(run.names()).toHaveLength(2);
    expect(run.ledger.tracker().dropped).toEqual({ 'rolled-back': 2 });
  });

  it('sends the events of the rows that stay, however transactions are nested', async () => {
    const propagation = fc.constantFrom(...PROPAGATIONS);
    const flags = { propagation, ignoreNestedTransactions: fc.boolean(), throws: fc.boolean() };
    const stepOf = (depth: number): fc.Arbitrary<Step> =>
      fc.record({ ...flags, inside: depth === 0 ? fc.constant([]) : fc.array(stepOf(depth - 1), { maxLength: 2 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(stepOf(3), { minLength: 1, maxLength: 3 }), async (steps) => {
        await orm.em.execute(`DELETE FROM ${table}`);
        const before = run.names().length;
        for (const each of steps) await take(each, orm.em.fork());
        expect(sorted(run.names().slice(before))).toEqual(await rows());
      }),
      { numRuns: 40 },
    );
  });
});
