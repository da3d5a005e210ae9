import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Tracking from 'nestjs-event-tracking';
import { ownSchema } from '../../test/backends/postgres/support';
import { describeWithServices } from '../../test/support/services';
import { until } from '../../test/support/until';
import type * as Worker from '../src/worker.module';
import type * as Support from './support/running-sample';
import { urlOfSchema } from './support/url-of-schema';

const enrollment = '/courses/course-v1:edX+DemoX+2026/enrollment';

describeWithServices(['redis', 'postgres'], 'With REDIS_URL and DATABASE_URL', ({ redis, postgres }) => {
  const before = { ...process.env };
  let folder: string;
  afterEach(async () => {
    process.env = { ...before };
    await rm(folder, { recursive: true });
  });

  it('a worker sends the events that the web process has stored with an enrolment', async () => {
    folder = await mkdtemp(join(tmpdir(), 'sample-app-'));
    const databaseUrl = await urlOfSchema(ownSchema(postgres), postgres);
    const log = join(folder, 'tracking.log');
    Object.assign(process.env, {
      ...{ REDIS_URL: redis, DATABASE_URL: databaseUrl },
      ...{ TRACKING_LOG: log, TRACKING_REPORTS: join(folder, 'reports.log') },
    });
    jest.resetModules(); // the tree is built when its file is loaded
    const { RunningSample } = jest.requireActual<typeof Support>('./support/running-sample');
    const { createTrackingWorker, TrackingLedger } = jest.requireActual<typeof Tracking>('nestjs-event-tracking');
    const { WorkerModule } = jest.requireActual<typeof Worker>('../src/worker.module');
    const sample = await RunningSample.start({ databaseUrl });
    expect((await sample.post(enrollment, { mode: 'audit' })).status).toBe(201);
    expect(sample.app.get(TrackingLedger).tracker()).toMatchObject({ outbox: 2, relayed: 0 });
    expect(sample.tracked()).toEqual([]);

    process.env.PORT = new URL(sample.address).port; // of the partner
    const worker = await createTrackingWorker(WorkerModule, { logger: false });
    const logged = async () => (existsSync(log) ? (await readFile(log, 'utf8')).split('\n').filter(Boolean) : []);
    await until(async () => (await logged()).length === 2);
    await worker.close();
    await sample.close();

    const events = (await logged()).map((line) => JSON.parse(line) as Support.LoggedEvent);
    expect(events.map(({ name }) => name)).toEqual(['message.queued', 'edx.course.enrollment.activated']);
    expect(events[1]!.context).toMatchObject({ path: enrollment, username: 'learner', org_id: 'edX' });
  });
});
