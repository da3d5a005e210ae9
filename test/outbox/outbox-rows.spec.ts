import type { SqlRow } from '../../src/entries/postgres';
import { OutboxRows } from '../../src/outbox/outbox-rows';
import { describeWithServices } from '../support/services';
import { until } from '../support/until';
import { outboxSchema, type OutboxSchema } from './outbox-parts';
import { fromPg } from '../../src/entries/postgres';

describe('OutboxRows', () => {
  it('rejects without an answer, so that the relay tries again', async () => {
    const silent = { query: (): Promise<never> => new Promise(() => undefined) };
    const rows = new OutboxRows(silent, {}, 'default', 60);
    await expect(rows.lease(1)).rejects.toThrow(/^PostgreSQL did not answer in time$/);
  });

  it('returns rows whose lease is answered too late', async () => {
    const statements: string[] = [];
    let answer = (_rows: readonly SqlRow[]): void => undefined;
    const late = {
      query: (sql: string): Promise<readonly SqlRow[]> => {
        statements.push(sql.slice(0, 6));
        return statements.length > 1 ? Promise.resolve([]) : new Promise((resolve) => (answer = resolve));
      },
    };
    await expect(new OutboxRows(late, {}, 'default', 60).lease(1)).rejects.toThrow('did not answer');
    answer([{ position: '1', head: '{}', event: '{}', attempts: 1, until: '2026-11-30 00:00:00+00' }]);
    await until(() => statements.length === 2);
    expect(statements).toEqual(['WITH f', 'UPDATE']);
  });
});

describeWithServices(['postgres'], 'OutboxRows on PostgreSQL', ({ postgres }) => {
  const insert = (schema: OutboxSchema, count: number): Promise<unknown> =>
    schema.query(
      `INSERT INTO ${schema.name}.tracking_outbox (tracker, format, head, event) SELECT 'default', 1, '{}', '{}' FROM generate_series(1, ${String(count)})`,
    );
  const rowsOf = ({ pool, name: schema }: OutboxSchema): OutboxRows =>
    new OutboxRows(fromPg(pool), { schema }, 'default', 60_000);
  const attempts = async (schema: OutboxSchema): Promise<unknown[]> =>
    (await schema.query(`SELECT attempts FROM ${schema.name}.tracking_outbox ORDER BY position`)).map(
      (row) => row['attempts'],
    );
  const expire = (schema: OutboxSchema): Promise<unknown> =>
    schema.query(`UPDATE ${schema.name}.tracking_outbox SET leased_until = now() - interval '1 s'`);

  it('leases each row to one relay, the oldest first', async () => {
    const schema = await outboxSchema(postgres);
    await insert(schema, 12);
    const [one, other] = [rowsOf(schema), rowsOf(schema)];
    const leased = await Promise.all([one.lease(5), other.lease(5), one.lease(5)]);
    const positions = leased.map((rows) => rows.map(({ position }) => Number(position)));
    expect(positions.flat().sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    for (const each of positions) expect(each).toEqual([...each].sort((a, b) => a - b));
  });

  it('counts a lease that ended badly for another relay only', async () => {
    const schema = await outboxSchema(postgres);
    await insert(schema, 1);
    const [one, other] = [rowsOf(schema), rowsOf(schema)];
    for (const rows of [one, one, other, one]) {
      await rows.lease(1);
      await expire(schema);
    }
    expect(await attempts(schema)).toEqual([3]);
    await one.clear(['1']);
    expect(await attempts(schema)).toEqual([0]);
  });

  it('neither renews nor returns a row that another relay has', async () => {
    const schema = await outboxSchema(postgres);
    await insert(schema, 1);
    const [one, other] = [rowsOf(schema), rowsOf(schema)];
    await one.lease(1);
    await expire(schema);
    await other.lease(1);
    await one.release(['1']);
    await one.extend(['1']);
    expect(await one.backlog()).toMatchObject({ waiting: 0, leased: 1 });
    await other.release(['1']);
    expect(await one.backlog()).toMatchObject({ waiting: 1, leased: 0, oldestAt: expect.any(Date) });
    expect(await attempts(schema)).toEqual([1]);
  });

  it('removes rows, whoever has them', async () => {
    const schema = await outboxSchema(postgres);
    await insert(schema, 3);
    await rowsOf(schema).lease(2);
    await rowsOf(schema).remove(['1', '3']);
    await rowsOf(schema).remove([]);
    expect(await rowsOf(schema).backlog()).toMatchObject({ waiting: 0, leased: 1 });
  });
});
