/**
 * Definitions of all events of this application. The compiler checks the data that handlers emit,
 * the tracker validates every event, and `npm run sample:docs` generates docs/. The command line
 * loads this file without the application, so it must not import other parts of the application.
 */
import { defineCatalog, defineContext, defineEvent } from 'nestjs-event-tracking';
import { z } from 'zod';

const courseId = z.string().meta({
  description: 'Course key: organisation, course and run',
  examples: ['course-v1:edX+DemoX+2026'],
});
const mode = z.enum(['audit', 'honor', 'verified']);
const seconds = z.number().min(0).describe('Seconds from the beginning of the video');
const inCourse = z.object({ course_id: courseId });

const enrollment = z.object({ course_id: courseId, user_id: z.number().int(), mode });
const enrolled = { course_id: 'course-v1:edX+DemoX+2026', user_id: 101, mode: 'verified' } as const;

export const EnrollmentActivated = defineEvent('edx.course.enrollment.activated', {
  title: 'Enrolment activated',
  description: 'A learner is enrolled in a course and can access its content.',
  when: 'A learner enrols in a course.',
  owner: 'enrolments',
  since: '2026-11-01',
  data: enrollment,
  context: inCourse,
  examples: [enrolled],
});

export const EnrollmentDeactivated = defineEvent('edx.course.enrollment.deactivated', {
  title: 'Enrolment deactivated',
  description: 'A learner is no longer enrolled in a course.',
  when: 'A learner leaves the course.',
  owner: 'enrolments',
  since: '2026-11-01',
  data: enrollment,
  context: inCourse,
  examples: [enrolled],
});

export const MessageQueued = defineEvent('message.queued', {
  title: 'Message queued',
  description: 'A message to a learner is queued for sending.',
  when: 'An action of a learner, such as an enrolment, triggers a message.',
  owner: 'messages',
  since: '2026-11-01',
  data: z.object({
    template: z.string().describe('Name of the message template'),
    channel: z.enum(['email', 'push']),
  }),
  examples: [{ template: 'welcome-verified', channel: 'email' }],
  xapi: {
    verb: { id: 'http://activitystrea.ms/schema/1.0/receive', display: 'received' },
    object: {
      id: '{rootUrl}/messages/{data.template}',
      type: 'http://activitystrea.ms/schema/1.0/note',
      name: '{data.template}',
    },
    context: { extensions: { 'https://school.example/xapi/channel': '{data.channel}' } },
  },
});

const problemId = z.string().meta({ description: 'Usage key of the problem', examples: ['capital'] });
const answers = z.record(z.string(), z.string()).describe('Submitted answers by problem key');
const correctness = z.enum(['correct', 'incorrect']);

export const ProblemCheck = defineEvent('problem_check', {
  title: 'Problem checked',
  description: 'An answer was checked and graded.',
  when: 'A learner submits an answer and has attempts left.',
  owner: 'grading',
  since: '2026-11-01',
  version: 2,
  history: [
    { version: 1, date: '2026-11-01', change: 'Added' },
    { version: 2, date: '2026-11-15', change: 'Added correct_map with the result of each answer' },
  ],
  data: z.object({
    problem_id: problemId,
    answers,
    success: correctness,
    correct_map: z.record(z.string(), z.object({ correctness })),
    attempts: z.number().int().min(1).describe('Number of attempts, including this one'),
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
  when: 'A learner submits an answer but has no attempts left, or the problem does not exist.',
  owner: 'grading',
  since: '2026-11-01',
  data: z.object({ problem_id: problemId, answers, failure: z.string().describe('Error message') }),
  context: inCourse,
  pii: ['data.answers.*'],
  xapi: {
    verb: { id: 'http://adlnet.gov/expapi/verbs/attempted', display: 'attempted' },
    object: {
      id: '{rootUrl}/courses/{context.course_id}/problems/{data.problem_id}',
      type: 'http://adlnet.gov/expapi/activities/cmi.interaction',
    },
    result: {
      completion: false,
      extensions: { 'https://school.example/xapi/answers': ({ data }) => Object.keys(data.answers).length },
    },
  },
});

export const ProblemSubmitted = defineEvent('edx.grades.problem.submitted', {
  title: 'Problem graded',
  description: 'The grade for an answer.',
  when: 'An answer is checked.',
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
const exampleVideo = { id: 'intro', code: 'b7xgknqkQk8', duration: 194 };
const player = { source: 'browser', owner: 'video', since: '2026-11-01', context: inCourse } as const;

export const PlayVideo = defineEvent('play_video', {
  ...player,
  title: 'Video played',
  when: 'A learner starts or resumes the video.',
  data: z.object({ ...video, currentTime: seconds }),
  examples: [{ ...exampleVideo, currentTime: 12.5 }],
});

export const PauseVideo = defineEvent('pause_video', {
  ...player,
  title: 'Video paused',
  when: 'A learner pauses the video.',
  data: z.object({ ...video, currentTime: seconds }),
});

export const SeekVideo = defineEvent('seek_video', {
  ...player,
  title: 'Video position changed',
  when: 'A learner moves the slider or skips ten seconds.',
  data: z.object({ ...video, old_time: seconds, new_time: seconds, type: z.enum(['onSlideSeek', 'onSkipSeek']) }),
});

export const StopVideo = defineEvent('stop_video', {
  ...player,
  title: 'Video finished',
  when: 'The video reaches its end.',
  data: z.object({ ...video, currentTime: seconds }),
});

const inJob = z.object({ job: z.string(), job_run_id: z.string() });

export const CourseSummary = defineEvent('nightly.course_summary', {
  title: 'Course summary',
  when: 'The nightly job runs, once for each course.',
  owner: 'reports',
  since: '2026-11-01',
  data: z.object({ enrollments: z.number().int().min(0), plays: z.number().int().min(0) }),
  context: inJob.extend({ course_id: courseId }),
});

export const NightlyFinished = defineEvent('nightly.finished', {
  title: 'Nightly job finished',
  when: 'The nightly job ends, successfully or with an error.',
  owner: 'reports',
  since: '2026-11-01',
  data: z.object({
    courses: z.number().int().min(0).optional(),
    enrollments: z.number().int().min(0).optional(),
    plays: z.number().int().min(0).optional(),
    duration_ms: z.number().min(0),
    error: z.string().optional().describe('Error message of a failed run'),
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
    title: 'HTTP request',
    when: 'During each HTTP request. Added by nestjs-event-tracking.',
    fields: z.object({
      request_id: z.string(),
      host: z.string().optional(),
      path: z.string().optional(),
      method: z.string().optional(),
      agent: z.string().optional(),
      referer: z.string().optional().describe('Referring page without its query'),
      accept_language: z.string().optional(),
      ip: z.string().optional(),
      user_id: z.number().int().optional().describe('Missing for anonymous visitors'),
      username: z.string().optional(),
    }),
    pii: ['ip', 'username'],
  }),
  defineContext('course', {
    title: 'Course',
    when: 'In the handlers of a course, and for each video event.',
    fields: inCourse,
  }),
  defineContext('enrollment', {
    title: 'Enrolment',
    when: 'While a learner enrols.',
    fields: z.object({ enrollment_id: z.number().int(), mode }),
  }),
  defineContext('nightly', { title: 'Run of the nightly job', when: 'While the nightly job runs.', fields: inJob }),
]);
