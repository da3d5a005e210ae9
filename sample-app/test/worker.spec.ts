import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Tracking from 'nestjs-event-tracking';
import { describeWithServices } from '../../test/support/services';
import { until } from '../../test/support/until';
import type * as Worker from '../src/worker.module';
import type { LoggedEvent, RunningSample } from './support/running-sample';

const course = 'course-v1:edX+DemoX+2026';

describeWithServices(['redis'], 'With REDIS_URL', ({ redis }) => {
  const before = { ...process.env };
  let folder: string;

  beforeEach(async () => {
    delete process.env.DATABASE_URL;
    folder = await mkdtemp(join(tmpdir(), 'sample-app-'));
    Object.assign(process.env, {
      REDIS_URL: redis,
      TRACKING_LOG: join(folder, 'tracking.log'),
      TRACKING_REPORTS: join(folder, 'reports.log'),
    });
    jest.resetModules(); // the tree is built when its file is loaded
  });
  afterEach(async () => {
    process.env = { ...before };
    await rm(folder, { recursive: true });
  });

  it('a worker writes the reports that the web process has queued, with the profile of the learner', async () => {
    const sample = await jest
      .requireActual<{ RunningSample: typeof RunningSample }>('./support/running-sample')
      .RunningSample.start();
    await sample.post(`/courses/${course}/enrollment`, { mode: 'audit' });
    const [enrolled] = sample.tracked('edx.course.enrollment.activated');
    expect((await sample.get('/events/reports')).body).toEqual([]);

    const { createTrackingWorker, TrackingLedger } = jest.requireActual<typeof Tracking>('nestjs-event-tracking');
    const { WorkerModule } = jest.requireActual<typeof Worker>('../src/worker.module');
    const worker = await createTrackingWorker(WorkerModule, { logger: false });
    const ledger = worker.get(TrackingLedger);
    // The queue can contain events of earlier runs.
    const reported = (): LoggedEvent[] => lines(join(folder, 'reports.log')).filter(({ id }) => id === enrolled?.id);
    await until(
      () => reported().length > 0,
      () => JSON.stringify(ledger.node('reports')),
    );
    await worker.close();
    await sample.close();

    expect(reported()).toMatchObject([
      { name: 'edx.course.enrollment.activated', context: { username: 'learner', country: 'FR' } },
    ]);
  });
});

function lines(path: string): LoggedEvent[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LoggedEvent);
}
