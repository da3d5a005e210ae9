/**
 * Tests services without HTTP, log files and configuration. A tracker in memory replaces the tree
 * of the application.
 */
import { Test, type TestingModule } from '@nestjs/testing';
import { backend, NameAllowlist, processor } from 'nestjs-event-tracking';
import { events, fixedClock, matchers, TrackedEvents, TrackingTestingModule } from 'nestjs-event-tracking/testing';
import { CoursesService } from '../src/courses/courses.service';
import { EnrollmentService } from '../src/enrollment/enrollment.service';
import { NightlyJob } from '../src/jobs/nightly.job';
import { ProblemsService } from '../src/problems/problems.service';
import { VideoPlays } from '../src/tracking/video-plays.backend';
import { VideoEventsService } from '../src/video/video-events.service';

expect.extend(matchers);

const europe = 'course-v1:edX+DemoX+2026';
const learner = { id: 101, username: 'learner' };

describe('A service', () => {
  let module: TestingModule;
  beforeEach(async () => {
    module = await Test.createTestingModule({
      imports: [
        TrackingTestingModule.forRoot({
          backends: {
            video_plays: backend(VideoPlays, undefined, {
              processors: [processor(NameAllowlist, { names: ['play_video'] })],
            }),
          },
          clock: fixedClock(),
        }),
      ],
      providers: [CoursesService, EnrollmentService, ProblemsService, VideoEventsService, NightlyJob],
    }).compile();
  });
  afterEach(async () => {
    expect(module).toHaveDroppedNothing();
    await module.close();
  });

  it('queues the welcome message in the context of the enrolment', () => {
    module.get(EnrollmentService).enrol(europe, learner, { mode: 'honor' });

    expect(module).toHaveTrackedOnly(
      'message.queued',
      { template: 'welcome-honor', channel: 'email' },
      { enrollment_id: 1, mode: 'honor' },
    );
    expect(events(module)[0]!.timestamp).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  it('tracks nothing for an enrolment that it rejects', () => {
    const enrollment = module.get(EnrollmentService);
    enrollment.enrol(europe, learner, { mode: 'audit' });
    TrackedEvents.of(module).clear();

    expect(() => enrollment.enrol(europe, learner, { mode: 'audit' })).toThrow('You are already enrolled in');
    expect(module).not.toHaveTracked('message.queued');
  });

  it('tracks a grade for each answer, correct or incorrect', () => {
    const problems = module.get(ProblemsService);
    problems.check(europe, 'rivers', learner, 'Rhine');
    problems.check(europe, 'rivers', learner, 'Danube');

    expect(module).toHaveTrackedInOrder([
      { name: 'edx.grades.problem.submitted', data: { weighted_earned: 0, weighted_possible: 2 } },
      { name: 'edx.grades.problem.submitted', data: { weighted_earned: 2, weighted_possible: 2 } },
    ]);
    expect(module).toHaveTrackedTimes(/^edx\.grades/, 2, { problem_id: 'rivers' });
  });

  it('counts the plays that the backend has received', () => {
    module.get(VideoEventsService).recordAll([{ name: 'play_video', course_id: europe, position: { currentTime: 0 } }]);

    expect(module.get(NightlyJob).run()).toEqual({ courses: 2, enrollments: 0, plays: 1 });
    expect(module).toHaveTracked('nightly.course_summary', { plays: 1 }, { course_id: europe, job: 'nightly' });
    expect(module).toHaveTracked('nightly.finished', { courses: 2, plays: 1 }, { course_id: undefined });
  });
});
