import type { Course, Problem } from '../courses/courses.service';
import type { EnrollmentController } from '../enrollment/enrollment.controller';
import type { ProblemsController } from '../problems/problems.controller';
import type { DemoUser } from '../users/demo-user';
import type { VideoController } from '../video/video.controller';
import type { VideoEventDto } from '../video/video-event.dto';

/** The controllers whose handlers a simulated learner calls. */
export interface LearnerRoutes {
  readonly enrollment: EnrollmentController;
  readonly problems: ProblemsController;
  readonly video: VideoController;
}

/** One simulated request. */
export interface LearnerAction {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  /** Calls the handler of the route. */
  readonly run: () => unknown;
  /** Number of events that the request emits. */
  readonly events: number;
}

const MODES = ['audit', 'honor', 'verified'] as const;

/**
 * Yields the requests of one learner: enrol, watch a part of the video, answer every problem,
 * leave. Some answers are incorrect, and some learners use more attempts than they have.
 */
export function* learnerSession(routes: LearnerRoutes, user: DemoUser, course: Course): Generator<LearnerAction> {
  const path = `/courses/${course.id}`;
  const mode = MODES[user.id % MODES.length] ?? 'audit';
  const enrollment = `${path}/enrollment`;
  yield { method: 'POST', path: enrollment, run: () => routes.enrollment.enrol(course.id, { mode }, user), events: 2 };
  for (const event of watched(user, course)) {
    yield { method: 'POST', path: '/video-events', run: () => routes.video.record([event]), events: 1 };
  }
  for (const problem of course.problems) {
    for (const answer of answersOf(user, problem)) {
      const run = (): unknown => routes.problems.check(course.id, problem.id, user, { answer });
      yield { method: 'POST', path: `${path}/problems/${problem.id}/check`, run, events: 2 };
    }
  }
  yield { method: 'DELETE', path: enrollment, run: () => routes.enrollment.unenrol(course.id, user), events: 1 };
}

function watched(user: DemoUser, { id, video }: Course): VideoEventDto[] {
  const half = video.duration / 2;
  const end = user.id % 2 === 0 ? 'stop_video' : 'pause_video';
  return [
    { name: 'play_video', course_id: id, position: { currentTime: 0 } },
    { name: 'seek_video', course_id: id, position: { old_time: 12, new_time: half, type: 'onSlideSeek' } },
    { name: end, course_id: id, position: { currentTime: end === 'stop_video' ? video.duration : half } },
  ];
}

/** Every third learner answers correctly at once; every seventh needs one attempt too many. */
function answersOf(user: DemoUser, { answer, maxAttempts }: Problem): string[] {
  if (user.id % 7 === 0) return new Array<string>(maxAttempts + 1).fill('I do not know');
  return user.id % 3 === 0 ? [answer] : ['I do not know', answer];
}
