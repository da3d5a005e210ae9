import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { fromPg, PostgresBackend } from 'nestjs-event-tracking/postgres';
import { Pool } from 'pg';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';
import { event } from '../../backends/postgres/support';
import { describeWithServices } from '../../support/services';

async function run(words: string): Promise<{ code: number; out: string; told: string }> {
  const [out, told] = [new PassThrough(), new PassThrough()];
  const code = await runCommand(words.split(' '), new Terminal(out, told, '/'));
  const textOf = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '');
  return { code, out: textOf(out), told: textOf(told) };
}

describe('event-tracking sql', () => {
  it('prints the statements of the tables', async () => {
    const { code, out, told } = await run('sql --dialect postgres');
    expect([code, told]).toEqual([0, '']);
    expect(out.match(/^(CREATE \w+ IF NOT EXISTS "\w+")/gm)).toEqual([
      'CREATE TABLE IF NOT EXISTS "tracking_events"',
      expect.stringMatching('CREATE INDEX'),
      expect.stringMatching('CREATE INDEX'),
      'CREATE TABLE IF NOT EXISTS "tracking_catalog"',
    ]);
  });

  it.each([
    ['sql', "required option '--dialect <name>' not specified"],
    ['sql --dialect mysql', 'Allowed choices are postgres'],
    ['sql --dialect postgres --table a?', 'Expected a name of at most 63 bytes'],
    [
      'sql --dialect postgres --column user_id',
      'Expected a name and a type, without constraints and defaults, such as user_id=bigint',
    ],
    ['sql --dialect postgres --column a=int;', 'Expected a name and a type'],
    ['sql --dialect postgres --months 0', 'Expected a whole number from 1 to 1200'],
    ['sql --dialect postgres --partition-by day', 'Allowed choices are month'],
  ])('refuses "%s"', async (words, reason) => {
    expect(await run(words)).toEqual({ code: 2, out: '', told: expect.stringContaining(reason) });
  });
});

describeWithServices(['postgres'], 'The SQL of event-tracking sql', ({ postgres }) => {
  const schema = `t_${randomUUID().replaceAll('-', '')}`;
  const pool = new Pool({ connectionString: postgres });
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await pool.end();
  });

  it.each(['', ' --partition-by month --months 3'])('creates tables that the backend fills, with%s', async (more) => {
    const words = `sql --dialect postgres --schema ${schema} --table events${more.length} --column user_id=int${more}`;
    const { out } = await run(words);
    await pool.query(out);
    await pool.query(out); // again, as a migration may
    const sink = new PostgresBackend({
      client: fromPg(pool),
      schema,
      table: `events${more.length}`,
      columns: { user_id: { type: 'int', from: 'context.user_id' } },
      ...(more !== '' && { partitionBy: 'month' }),
    });
    const now = event({}, { timestamp: new Date() });
    expect(await sink.sendBatch([now], AbortSignal.timeout(10_000))).toEqual([]);
    expect((await pool.query(`SELECT user_id FROM ${schema}.events${more.length}`)).rows).toEqual([{ user_id: 7 }]);
  });
});
