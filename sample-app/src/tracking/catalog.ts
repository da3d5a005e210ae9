/**
 * Every event of this platform, once: the compiler checks what the handlers emit against it, the tracker what goes out, and
 * `npm run sample:docs` makes docs/ of it. Loaded by the command line without the application, so it imports nothing of it.
 */
import { defineCatalog, defineContext, defineEvent } from 'nestjs-event-tracking';
import { z } from 'zod';

const courseId = z.string().meta({
  description: 'The key of the course: organisation, course and run',
  examples: ['course-v1:edX+DemoX+2026'],
});
const mode = z.enum(['audit', 'honor', 'verified']);
const seconds = z.number().min(0).describe('Seconds from the beginning of the video');
const inCourse = z.object({ course_id: courseId });

const enrollment = z.object({ course_id: courseId, user_id: z.number().int(), mode });
const enrolled = { course_id: 'course-v1:edX+DemoX+2026', user_id: 101, mode: 'verified' } as const;

export const EnrollmentActivated = defineEvent('edx.course.enrollment.activated', {
  title: 'Enrolment activated',
  description: 'A learner is enrolled in a course, and may see all of it.',
  when: 'A learner enrols, and was not enrolled before.',
  owner: 'enrolments',
  since: '2026-11-01',
  data: enrollment,
  context: inCourse,
  examples: [enrolled],
});

export const EnrollmentDeactivated = defineEvent('edx.course.enrollment.deactivated', {
  title: 'Enrolment deactivated',
  description: 'A learner is enrolled no more.',
  when: 'A learner leaves the course.',
  owner: 'enrolments',
  since: '2026-11-01',
  data: enrollment,
  context: inCourse,
  examples: [enrolled],
});

export const MessageQueued = defineEvent('message.queued', {
  title: 'Message queued',
  description: 'A message to a learner waits to be sent.',
  when: 'Something happened of which the learner is told, such as an enrolment.',
  owner: 'messages',
  since: '2026-11-01',
  data: z.object({
    template: z.string().describe('Which text'),
    channel: z.enum(['email', 'push']),
  }),
  examples: [{ template: 'welcome-verified', channel: 'email' }],
});

const problemId = z.string().meta({ description: 'The usage key of the problem', examples: ['capital'] });
const answers = z.record(z.string(), z.string()).describe('What was answered, by the key of the problem');
const correctness = z.enum(['correct', 'incorrect']);

export const ProblemCheck = defineEvent('problem_check', {
  title: 'Problem checked',
  description: 'An answer was checked and graded.',
  when: 'A learner submits an answer, and has attempts left.',
  owner: 'grading',
  since: '2026-11-01',
  version: 2,
  history: [
    { version: 1, date: '2026-11-01', change: 'added' },
    { version: 2, date: '2026-11-15', change: 'correct_map says it for each answer' },
  ],
  data: z.object({
    problem_id: problemId,
    answers,
    success: correctness,
    correct_map: z.record(z.string(), z.object({ correctness })),
    attempts: z.number().int().min(1).describe('With this one'),
    grade: z.number().min(0),
    max_grade: z.number().min(0),
  }),
  context: inCourse,
  pii: ['data.answers.*'],
  examples: [
    {
      problem_id: 'capital',
      answers: { capital: 'Paris' },
      success: 'correct',
      correct_map: { capital: { correctness: 'correct' } },
      attempts: 1,
      grade: 1,
      max_grade: 1,
    },
  ],
});

export const ProblemCheckFail = defineEvent('problem_check_fail', {
  title: 'Problem not checked',
  description: 'An answer could not be checked.',
  when: 'A learner submits an answer to a problem that is closed, or that there is not.',
  owner: 'grading',
  since: '2026-11-01',
  data: z.object({ problem_id: problemId, answers, failure: z.string().describe('Why, in words') }),
  context: inCourse,
  pii: ['data.answers.*'],
});

export const ProblemSubmitted = defineEvent('edx.grades.problem.submitted', {
  title: 'Grade of a problem',
  description: 'What an answer is worth.',
  when: 'An answer was checked.',
  owner: 'grading',
  since: '2026-11-01',
  data: z.object({
    problem_id: problemId,
    weight: z.number().min(0),
    weighted_earned: z.number().min(0),
    weighted_possible: z.number().min(0),
  }),
});

const video = { id: z.string(), code: z.string(), duration: seconds };
const aVideo = { id: 'intro', code: 'b7xgknqkQk8', duration: 194 };
const player = { source: 'browser', owner: 'video', since: '2026-11-01', context: inCourse } as const;

export const PlayVideo = defineEvent('play_video', {
  ...player,
  title: 'Video played',
  when: 'A learner presses play, or play goes on after a pause.',
  data: z.object({ ...video, currentTime: seconds }),
  examples: [{ ...aVideo, currentTime: 12.5 }],
});

export const PauseVideo = defineEvent('pause_video', {
  ...player,
  title: 'Video paused',
  when: 'A learner presses pause.',
  data: z.object({ ...video, currentTime: seconds }),
});

export const SeekVideo = defineEvent('seek_video', {
  ...player,
  title: 'Other place in a video',
  when: 'A learner moves the slider, or skips ten seconds.',
  data: z.object({ ...video, old_time: seconds, new_time: seconds, type: z.enum(['onSlideSeek', 'onSkipSeek']) }),
});

export const StopVideo = defineEvent('stop_video', {
  ...player,
  title: 'Video over',
  when: 'The video has come to its end.',
  data: z.object({ ...video, currentTime: seconds }),
});

const inJob = z.object({ job: z.string(), job_run_id: z.string() });

export const CourseSummary = defineEvent('nightly.course_summary', {
  title: 'Summary of a course',
  when: 'Each night, for each course.',
  owner: 'reports',
  since: '2026-11-01',
  data: z.object({ enrollments: z.number().int().min(0), plays: z.number().int().min(0) }),
  context: inJob.extend({ course_id: courseId }),
});

export const NightlyFinished = defineEvent('nightly.finished', {
  title: 'Nightly job finished',
  when: 'The nightly job has ended, be it by a failure.',
  owner: 'reports',
  since: '2026-11-01',
  data: z.object({
    courses: z.number().int().min(0).optional(),
    enrollments: z.number().int().min(0).optional(),
    plays: z.number().int().min(0).optional(),
    duration_ms: z.number().min(0),
    error: z.string().optional().describe('Only of a failure'),
  }),
  context: inJob,
});

export const catalog = defineCatalog([
  EnrollmentActivated,
  EnrollmentDeactivated,
  MessageQueued,
  ProblemCheck,
  ProblemCheckFail,
  ProblemSubmitted,
  PlayVideo,
  PauseVideo,
  SeekVideo,
  StopVideo,
  CourseSummary,
  NightlyFinished,
  defineContext('request', {
    title: 'The HTTP request',
    when: 'Around each request, by the module itself.',
    fields: z.object({
      request_id: z.string(),
      host: z.string().optional(),
      path: z.string().optional(),
      method: z.string().optional(),
      agent: z.string().optional(),
      referer: z.string().optional().describe('Without its query, which the tree takes away'),
      accept_language: z.string().optional(),
      ip: z.string().optional(),
      user_id: z.number().int().optional().describe('None for visitors'),
      username: z.string().optional(),
    }),
    pii: ['ip', 'username'],
  }),
  defineContext('course', {
    title: 'The course',
    when: 'Around the handlers of a course, and around each video event.',
    fields: inCourse,
  }),
  defineContext('enrollment', {
    title: 'The enrolment',
    when: 'While a learner is being enrolled.',
    fields: z.object({ enrollment_id: z.number().int(), mode }),
  }),
  defineContext('nightly', { title: 'A run of the nightly job', when: 'While it runs.', fields: inJob }),
]);
