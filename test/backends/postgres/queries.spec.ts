/** The queries of docs/destinations/postgres-queries.md, and the documents of the catalog. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromPg, PostgresBackend } from 'nestjs-event-tracking/postgres';
import { z } from 'zod';
import { backend, defineCatalog, defineEvent } from '../../../src/entries';
import { describeWithServices } from '../../support/services';
import { startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { event, ownSchema, startPostgres, type OwnSchema } from './support';

const page = readFileSync(join(__dirname, '../../../docs/destinations/postgres-queries.md'), 'utf8');
const queries = new Map(
  [...page.matchAll(/^## (.+?)\n[^]*?```sql\n([^]*?)```/gm)].map(([, title = '', sql = '']) => [title, sql]),
);

describeWithServices(['postgres'], 'A query of the documentation', ({ postgres }) => {
  let schema: OwnSchema;
  const options = (): { client: ReturnType<typeof fromPg>; schema: string; ensureTable: true } => ({
    ...{ client: fromPg(schema.pool), schema: schema.name, ensureTable: true },
  });

  beforeEach(() => {
    schema = ownSchema(postgres);
  });

  /** In the schema of the test. */
  async function ask(title: string): Promise<unknown[]> {
    const one = await schema.pool.connect();
    try {
      await one.query(`SET search_path TO ${schema.name}`);
      return (await one.query<object>(queries.get(title) ?? `no query is called ${title}`)).rows;
    } finally {
      await one.query('RESET search_path');
      one.release();
    }
  }

  async function store(...events: [name: string, user: number, minutesAgo: number][]): Promise<void> {
    const { send } = await startPostgres(options());
    await send(
      events.map(([name, user_id, ago]) =>
        event({}, { name, context: { user_id }, timestamp: new Date(Date.now() - ago * 60_000) }),
      ),
    );
  }

  it('is in the page, and in a test', () => {
    expect([...queries.keys()]).toEqual(['Events per day', 'A funnel', 'Sessions', 'What an event means']);
  });

  it('counts events per day', async () => {
    await store(['a', 1, 0], ['a', 2, 0], ['b', 1, 2880], ['old', 1, 60 * 24 * 40]);
    expect(await ask('Events per day')).toEqual([
      { day: expect.any(Date), name: 'b', count: '1' },
      { day: expect.any(Date), name: 'a', count: '2' },
    ]);
  });

  it('follows users through a funnel', async () => {
    await store(
      ...[1, 2, 3, 4].map((user): [string, number, number] => ['course.viewed', user, 100]),
      ['course.enrolled', 1, 90],
      ['course.enrolled', 2, 80],
      ['course.enrolled', 3, 110], // before the view
      ['course.passed', 2, 10],
      ['course.passed', 4, 10], // never enrolled
    );
    expect(await ask('A funnel')).toEqual([{ viewed: '4', enrolled: '2', passed: '1' }]);
  });

  it('divides the events of a user into sessions', async () => {
    await store(['a', 1, 100], ['a', 1, 90], ['a', 1, 50], ['a', 2, 95]);
    const found = (await ask('Sessions')) as { user_id: string; session: string; events: string }[];
    expect(found.map(({ user_id, session, events }) => [user_id, session, events])).toEqual([
      ['1', '0', '2'],
      ['2', '0', '1'],
      ['1', '1', '1'],
    ]);
  });

  it('joins events with the documents of the catalog, which are kept once', async () => {
    const enrolled = defineEvent('course.enrolled', {
      description: 'A learner enrolled.',
      version: 2,
      data: z.object({ mode: z.string() }),
    });
    const catalog = defineCatalog([enrolled]);
    const start = async (): Promise<void> => {
      const sink = backend(PostgresBackend, options());
      const { tracker, ledger, app } = await startTracking({ catalog, documentation: true, backends: { sink } });
      tracker.emit(enrolled, { mode: 'audit' });
      tracker.emit('other', {});
      await until(() => ledger.destination('sink')?.delivered === 2);
      const kept = (): Promise<unknown[]> => schema.query(`SELECT hash FROM ${schema.name}.tracking_catalog`);
      await until(async () => (await kept().catch(() => [])).length > 0);
      await app.close();
    };
    await start();
    await start();
    expect(await ask('What an event means')).toEqual([
      { name: 'course.enrolled', version: 2, description: 'A learner enrolled.', count: '2' },
      { name: 'other', version: null, description: null, count: '2' },
    ]);
    const kept = await schema.query(
      `SELECT kind, name, last_seen > first_seen AS again FROM ${schema.name}.tracking_catalog`,
    );
    expect(kept).toEqual([{ kind: 'event', name: 'course.enrolled', again: true }]);
  });
});
