import type { XapiActivityRow, XapiRow, XapiVerbRow } from '../row';
import {
  ACROSSX,
  ACROSSX_TYPE,
  ADL_ACTIVITIES,
  ADL_VERBS,
  ATTEMPT_ID,
  COURSE_ACTIVITY,
  OPENEDX,
  TINCAN_EXTENSIONS,
  TINCAN_VERBS,
} from './iris';

const registered = { id: `${ADL_VERBS}registered`, display: 'registered' };
const unregistered = { id: `${TINCAN_VERBS}unregistered`, display: 'unregistered' };
const passed = { id: `${ADL_VERBS}passed`, display: 'passed' };
const failed = { id: `${ADL_VERBS}failed`, display: 'failed' };
const initialized = { id: `${ADL_VERBS}initialized`, display: 'initialized' };
const terminated = { id: `${ADL_VERBS}terminated`, display: 'terminated' };

/** The course in the context of the event. */
export const COURSE_OBJECT: XapiActivityRow = {
  id: { iri: ['course', '!context.course_id'] },
  type: COURSE_ACTIVITY,
  name: ['en', { fn: 'courseName', args: ['context.course_id'] }],
};

/** A statement about the course itself, which has no parent. */
function course(verb: XapiVerbRow): XapiRow {
  return {
    verb,
    object: { ...COURSE_OBJECT, extensions: { [ACROSSX_TYPE]: 'data.mode' } },
    context: { course: false },
  };
}

function exam(verb: XapiVerbRow, kind: string): XapiRow {
  const name = ['en', 'data.exam_name'] as const;
  return {
    verb,
    object: {
      id: 'data.exam_content_id',
      type: `${OPENEDX}activity/${kind}-assessment`,
      name,
      extensions: { [`${ACROSSX}extensions/time-limit`]: 'data.exam_default_time_limit_mins' },
    },
    context: {
      grouping: {
        id: 'data.attempt_code',
        type: `${ADL_ACTIVITIES}attempt`,
        name,
        extensions: {
          [`${OPENEDX}extension/attempt-started`]: 'data.attempt_started_at',
          [`${OPENEDX}extension/attempt-completed`]: 'data.attempt_completed_at',
          [`${TINCAN_EXTENSIONS}duration`]: 'data.attempt_event_elapsed_time_secs',
          [ATTEMPT_ID]: 'data.attempt_id',
        },
      },
    },
  };
}

/** Enrolment, passing and failing of courses. */
export const COURSE_ROWS = {
  'edx.course.enrollment.activated': course(registered),
  'edx.course.enrollment.deactivated': course(unregistered),
  'edx.course.enrollment.mode_changed': course(registered),
  'edx.course.grade.passed.first_time': course(passed),
  'edx.course.grade.now_passed': course(passed),
  'edx.course.grade.now_failed': course(failed),
} as const satisfies Readonly<Record<string, XapiRow>>;

/** Special exams. */
export const EXAM_ROWS = {
  'edx.special_exam.timed.attempt.created': exam(initialized, 'timed'),
  'edx.special_exam.timed.attempt.submitted': exam(terminated, 'timed'),
  'edx.special_exam.practice.attempt.created': exam(initialized, 'practice'),
  'edx.special_exam.practice.attempt.submitted': exam(terminated, 'practice'),
  'edx.special_exam.proctored.attempt.created': exam(initialized, 'proctored'),
  'edx.special_exam.proctored.attempt.submitted': exam(terminated, 'proctored'),
} as const satisfies Readonly<Record<string, XapiRow>>;
