import { fromPg, fromPrisma, type SqlClient } from 'nestjs-event-tracking/postgres';
import type { DatabaseError } from 'pg';
import { describeWithServices } from '../../support/services';
import { libraries } from '../../sql/libraries';
import { event, ownSchema, retryable, startPostgres, type OwnSchema } from './support';

/**
 * Passes errors on like Prisma 7.10 with its adapter for `pg`. Its client is generated from the
 * schema of an application, so there is none here; these are the fields that a real one had.
 */
function prismaOf({ pool }: OwnSchema): SqlClient {
  const run = async (sql: string, ...params: unknown[]): Promise<unknown[]> => {
    try {
      return (await pool.query<object>(sql, params)).rows;
    } catch (error) {
      const { code: originalCode, message: originalMessage, severity, detail } = error as DatabaseError;
      const facts = { kind: 'postgres', code: originalCode, severity, message: originalMessage, detail };
      const driverAdapterError = Object.assign(new Error(), { cause: { originalCode, originalMessage, ...facts } });
      throw Object.assign(new Error('Raw query failed'), { code: 'P2010', meta: { driverAdapterError } });
    }
  };
  return fromPrisma({
    $queryRawUnsafe: run,
    $executeRawUnsafe: (sql, ...params) => run(sql, ...params).then(({ length }) => length),
  });
}

describeWithServices(['postgres'], 'A PostgresBackend with partitions', ({ postgres }) => {
  let schema: OwnSchema;
  const earlier = (): ReturnType<typeof event> => event({}, { timestamp: new Date('1999-12-31') });

  beforeEach(async () => {
    schema = ownSchema(postgres);
    const options = { client: fromPg(schema.pool), schema: schema.name, ensureTable: true };
    await (await startPostgres({ ...options, partitionBy: 'month' })).send([event()]);
    await schema.query(`ALTER TABLE ${schema.name}.tracking_events ADD CONSTRAINT no_bots CHECK (name <> 'bot')`);
  });

  /** Sends an event whose month has no partition, and one that a constraint refuses. */
  async function shouldTellThemApart(client: SqlClient): Promise<void> {
    const { send } = await startPostgres({ client, schema: schema.name, partitionBy: 'month' });
    await expect(send([event(), earlier()])).rejects.toEqual(
      retryable(/^PostgreSQL did not take the batch \(SQLSTATE 23514.*\): no partition takes its month/),
    );
    const isFinal = [{ index: 1, reason: expect.stringMatching(/^PostgreSQL refuses the row/), retryable: false }];
    expect(await send([event(), event({}, { name: 'bot' })])).toEqual(isFinal);
  }

  it.each(Object.keys(libraries))('retries an event without one, and no refused row, through %s', async (name) => {
    const library = await libraries[name]!(postgres);
    try {
      await shouldTellThemApart(library.client);
    } finally {
      await library.close();
    }
  });

  it('retries an event without one, and no refused row, through Prisma', () => shouldTellThemApart(prismaOf(schema)));

  it.each(['pg', 'Prisma'])('retries an event whose table is one partition, through %s', async (name) => {
    const client = name === 'pg' ? fromPg(schema.pool) : prismaOf(schema);
    const table = 'tracking_events_2026_11';
    const { send } = await startPostgres({ client, schema: schema.name, table, partitionBy: 'month' });
    await expect(send([earlier()])).rejects.toEqual(retryable(/no partition takes its month/));
  });

  it('refuses an event for which a trigger raises the code of a check constraint', async () => {
    await schema.query(
      `CREATE FUNCTION ${schema.name}.refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE check_violation USING TABLE = 'tracking_events'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON ${schema.name}.tracking_events
       FOR EACH ROW WHEN (NEW.name = 'spam') EXECUTE FUNCTION ${schema.name}.refuse()`,
    );
    const { send } = await startPostgres({ client: fromPg(schema.pool), schema: schema.name, partitionBy: 'month' });
    expect(await send([event({}, { name: 'spam' }), event()])).toEqual([
      { index: 0, reason: 'PostgreSQL refuses the row (SQLSTATE 23514)', retryable: false },
    ]);
  });
});
