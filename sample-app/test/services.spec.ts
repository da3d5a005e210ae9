/**
 * Tests services without HTTP, log files and configuration. A tracker in memory replaces the tree
 * of the application.
 */
import { Test, type TestingModule } from '@nestjs/testing';
import { backend, NameAllowlist, processor } from 'nestjs-event-tracking';
import { events, fixedClock, matchers, TrackingTestingModule } from 'nestjs-event-tracking/testing';
import { CoursesService } from '../src/courses/courses.service';
import { DATABASE, type Database } from '../src/database/database';
import { enrolments } from '../src/database/tables';
import { EnrollmentService } from '../src/enrollment/enrollment.service';
import { NightlyJob } from '../src/jobs/nightly.job';
import { ProblemsService } from '../src/problems/problems.service';
import { VideoPlays } from '../src/tracking/video-plays.backend';
import { VideoEventsService } from '../src/video/video-events.service';
import { emptyDatabase } from './support/empty-database';

expect.extend(matchers);

const europe = 'course-v1:edX+DemoX+2026';
const learner = { id: 101, username: 'learner' };

describe('A service', () => {
  let database: Database;
  let module: TestingModule;
  beforeEach(async () => {
    database = await emptyDatabase();
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
      providers: [
        { provide: DATABASE, useValue: database },
        ...[CoursesService, EnrollmentService, ProblemsService, VideoEventsService, NightlyJob],
      ],
    }).compile();
  });
  afterEach(async () => {
    expect(module).toHaveDroppedNothing();
    await module.close();
  });

  it('tracks that a learner has left a course', async () => {
    await database.insert(enrolments).values({ course_id: europe, user_id: learner.id, mode: 'honor' });

    await module.get(EnrollmentService).unenrol(europe, learner);

    const left = { course_id: europe, user_id: 101, mode: 'honor' };
    expect(module).toHaveTrackedOnly('edx.course.enrollment.deactivated', left);
    expect(events(module)[0]!.timestamp).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  it('tracks nothing for a learner who is not enrolled', async () => {
    await expect(module.get(EnrollmentService).unenrol(europe, learner)).rejects.toThrow('You are not enrolled in');

    expect(events(module)).toEqual([]);
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

  it('counts the plays that the backend has received', async () => {
    module.get(VideoEventsService).recordAll([{ name: 'play_video', course_id: europe, position: { currentTime: 0 } }]);

    expect(await module.get(NightlyJob).run()).toEqual({ courses: 2, enrollments: 0, plays: 1 });
    expect(module).toHaveTracked('nightly.course_summary', { plays: 1 }, { course_id: europe, job: 'nightly' });
    expect(module).toHaveTracked('nightly.finished', { courses: 2, plays: 1 }, { course_id: undefined });
  });
});
