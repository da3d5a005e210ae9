import { SchedulerRegistry } from '@nestjs/schedule';
import { TrackerService } from 'nestjs-event-tracking';
import { until } from '../../test/support/until';
import { CoursesService } from '../src/courses/courses.service';
import { RunningSample } from './support/running-sample';

const europe = 'course-v1:edX+DemoX+2026';
const stars = 'course-v1:Observatory+Stars101+2026';

describe('Nightly job', () => {
  let sample: RunningSample;
  beforeEach(async () => {
    sample = await RunningSample.start();
  });
  afterEach(() => sample.close());

  it('emits a summary of each course in the context of the course, then a total', async () => {
    await sample.post(`/courses/${europe}/enrollment`, { mode: 'audit' });
    await sample.post('/video-events', [
      { name: 'play_video', course_id: stars, currentTime: 0 },
      { name: 'pause_video', course_id: stars, currentTime: 3 },
      { name: 'play_video', course_id: stars, currentTime: 3 },
    ]);

    const response = await sample.post('/jobs/nightly');

    expect([response.status, response.body]).toEqual([200, { courses: 2, enrollments: 1, plays: 2 }]);
    const night = sample.tracked(/^nightly\./);
    expect(night).toHaveTrackedInOrder([
      { name: 'nightly.course_summary', context: { course_id: europe, org_id: 'edX' } },
      { name: 'nightly.course_summary', context: { course_id: stars, org_id: 'Observatory' } },
      {
        name: 'nightly.finished',
        context: { job: 'nightly', path: '/jobs/nightly', username: 'learner', course_id: undefined },
      },
    ]);
    expect(night.map(({ data }) => data)).toEqual([
      { enrollments: 1, plays: 0 },
      { enrollments: 0, plays: 2 },
      { courses: 2, enrollments: 1, plays: 2, duration_ms: expect.any(Number) },
    ]);
    const runs = new Set(night.map(({ context }) => context.job_run_id));
    expect([...runs]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  it('has only the context of the job when the schedule starts it', async () => {
    await sample.app.get(SchedulerRegistry).getCronJob('nightly').fireOnTick();
    await until(() => sample.tracked('nightly.finished').length > 0);

    const [finished] = sample.tracked('nightly.finished');
    expect(finished!.context).toEqual({ job: 'nightly', job_run_id: expect.any(String) });
    expect(sample.tracked()).toHaveLength(3);
  });

  it('emits an event for a failed run', async () => {
    jest.spyOn(sample.app.get(CoursesService), 'all').mockImplementation(() => {
      throw new Error('the database is down');
    });

    const response = await sample.post('/jobs/nightly');

    expect(response.status).toBe(500);
    const tracked = sample.tracked();
    expect(tracked).toHaveTrackedOnly('nightly.finished');
    expect(tracked[0]!.data).toEqual({ error: 'the database is down', duration_ms: expect.any(Number) });
  });

  it('leaves no context after a run', async () => {
    await sample.post('/jobs/nightly');

    expect(sample.app.get(TrackerService).currentContext()).toEqual({});
  });
});
