import { TrackingLedger } from 'nestjs-event-tracking';
import { until } from '../../test/support/until';
import { RunningSample } from './support/running-sample';

describe('Simulated traffic', () => {
  const emittedBy = (sample: RunningSample) => sample.app.get(TrackingLedger).node('')!.received;

  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

  it('emits the events of learners in contexts like those of requests, and stops at close', async () => {
    const timersBefore = timers();
    const sample = await RunningSample.start({ traffic: 1000 });
    const seen = () => new Set(sample.tracked().map(({ name }) => name));
    await until(
      () => emittedBy(sample) > 300 && seen().has('problem_check_fail'),
      () => [...seen()].join(', '),
    );
    const tracked = sample.tracked();
    await sample.close();

    expect(timers()).toBeLessThanOrEqual(timersBefore); // those of others can end meanwhile
    expect(seen()).toEqual(
      new Set([
        'message.queued',
        'edx.course.enrollment.activated',
        'edx.course.enrollment.deactivated',
        'edx.grades.problem.submitted',
        'problem_check',
        'problem_check_fail',
        'play_video',
        'seek_video',
        'pause_video',
        'stop_video',
      ]),
    );
    for (const { name, context } of tracked) {
      expect({ name, context }).toEqual({
        name,
        context: expect.objectContaining({
          request_id: expect.any(String),
          method: expect.stringMatching(/^(POST|DELETE)$/),
          path: expect.stringMatching(/^\/(courses|video-events)/),
          user_id: expect.any(Number),
          username: expect.stringMatching(/^learner-\d+$/),
          course_id: expect.stringMatching(/^course-v1:/),
          org_id: expect.stringMatching(/^(edX|Observatory)$/),
        }),
      });
    }
    const requests = tracked.filter(({ name }) => name.startsWith('edx.course.enrollment.activated'));
    expect(new Set(requests.map(({ context }) => context.request_id)).size).toBe(requests.length);
  });

  it('emits about as many events as SAMPLE_TRAFFIC says', async () => {
    const sample = await RunningSample.start({ traffic: 100 });
    const startedAt = performance.now();
    await until(
      () => emittedBy(sample) >= 50,
      () => String(emittedBy(sample)),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    await sample.close();

    expect(seconds).toBeGreaterThan(0.3);
  });

  it('is off by default', async () => {
    const sample = await RunningSample.start();
    await sample.close();

    expect(emittedBy(sample)).toBe(0);
  });
});
