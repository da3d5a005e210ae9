import { sql } from 'drizzle-orm';
import { TrackingLedger } from 'nestjs-event-tracking';
import { ownSchema } from '../../test/backends/postgres/support';
import { describeWithServices } from '../../test/support/services';
import { DATABASE, type Database } from '../src/database/database';
import { enrolments } from '../src/database/tables';
import { RunningSample } from './support/running-sample';
import { urlOfSchema } from './support/url-of-schema';

const enrollment = '/courses/course-v1:edX+DemoX+2026/enrollment';
const ACTIVATED = 'edx.course.enrollment.activated';
const DEACTIVATED = 'edx.course.enrollment.deactivated';

describe('The database in memory', () => {
  testTransactions(() => RunningSample.start());
});

describeWithServices(['postgres'], 'PostgreSQL', ({ postgres }) => {
  testTransactions(async () => {
    const databaseUrl = await urlOfSchema(ownSchema(postgres), postgres);
    return RunningSample.start({ databaseUrl });
  });
});

function testTransactions(start: () => Promise<RunningSample>): void {
  let sample: RunningSample;
  let database: Database;
  beforeEach(async () => {
    sample = await start();
    database = sample.app.get<Database>(DATABASE);
  });
  afterEach(async () => {
    await database.execute(sql`DROP FUNCTION IF EXISTS refuse CASCADE`);
    await sample.close();
  });

  /** Makes the COMMIT of every transaction fail that inserts or deletes an enrolment. */
  const refuseCommits = async () => {
    await database.execute(
      sql`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$`,
    );
    await database.execute(
      sql`CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR DELETE ON enrolments
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
  };
  const enrolled = () => database.$count(enrolments);
  const counts = () => sample.app.get(TrackingLedger).tracker();
  const names = () => sample.tracked().map(({ name }) => name);

  it('has the enrolment, and the log has its events, which went through the outbox', async () => {
    expect((await sample.post(enrollment, { mode: 'audit' })).status).toBe(201);

    expect(await enrolled()).toBe(1);
    const logged = await sample.logged();
    expect(logged.map(({ name }) => name)).toEqual(['message.queued', ACTIVATED]);
    expect(logged[1]!.context).toMatchObject({ method: 'POST', path: enrollment, username: 'learner', org_id: 'edX' });
    expect(counts()).toMatchObject({ emitted: 2, held: 0, outbox: 2, relayed: 2, dropped: {} });
  });

  it('has neither an enrolment nor an event if the commit fails', async () => {
    await refuseCommits();

    expect((await sample.post(enrollment, { mode: 'audit' })).status).toBe(500);

    expect(await enrolled()).toBe(0);
    expect(await database.$count(sql`tracking_outbox`)).toBe(0);
    expect(names()).toEqual([]);
    expect(counts()).toMatchObject({ emitted: 2, held: 0, outbox: 0, dropped: { 'rolled-back': 2 } });
  });

  it('enrols a learner once if two requests arrive together', async () => {
    const answers = await Promise.all([1, 2].map(() => sample.post(enrollment, { mode: 'audit' })));

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(await enrolled()).toBe(1);
    expect(names()).toEqual(['message.queued', ACTIVATED]);
  });

  it('sends the event of a learner who leaves when the commit is done', async () => {
    await sample.post(enrollment, { mode: 'audit' });

    expect((await sample.delete(enrollment)).status).toBe(200);

    expect(await enrolled()).toBe(0);
    expect(names()).toEqual(['message.queued', ACTIVATED, DEACTIVATED]);
    expect(counts()).toMatchObject({ emitted: 3, held: 0, outbox: 2, dropped: {} });
  });

  it('keeps the enrolment and drops the event if that commit fails', async () => {
    await sample.post(enrollment, { mode: 'audit' });
    await refuseCommits();

    expect((await sample.delete(enrollment)).status).toBe(500);

    expect(await enrolled()).toBe(1);
    expect(names()).toEqual(['message.queued', ACTIVATED]);
    expect(counts()).toMatchObject({ emitted: 3, held: 0, outbox: 2, dropped: { 'rolled-back': 1 } });
  });
}
