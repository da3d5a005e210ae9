import { problemCheckEvent } from './caliper-problem-check';
import type { CaliperDrafting, CaliperExpression, CaliperRow } from './caliper-row';

const duration: CaliperExpression = { seconds: 'data.duration' };
const courseId = { first: ['data.course_id', 'context.course_id'] } as const;

/** The place in the video. Like Open edX, it leaves out the very beginning. */
const currentTime: CaliperExpression = {
  seconds: { first: ['data.currentTime', 'data.current_time', 'data.old_time'] },
  isZeroMissing: true,
};

function media(
  action: string,
  more: Pick<CaliperRow, 'extensions'> & { target?: CaliperRow['extensions'] } = {},
): CaliperRow {
  return {
    type: 'MediaEvent',
    action,
    object: { id: { fn: 'videoIri' }, type: 'VideoObject', fields: { duration } },
    target: {
      id: { const: '_:MediaLocation' },
      type: 'MediaLocation',
      fields: { currentTime },
      extensions: more.target,
    },
    extensions: more.extensions,
  };
}

function course(action: string, extensions?: CaliperRow['extensions']): CaliperRow {
  return {
    type: 'Event',
    action,
    object: {
      id: { iri: ['course', courseId] },
      type: 'CourseOffering',
      fields: { name: { fn: 'courseName', args: [courseId] } },
      extensions,
    },
    isPartOfCourse: false,
  };
}

function sequence(target: CaliperExpression): CaliperRow {
  return {
    type: 'NavigationEvent',
    action: 'NavigatedTo',
    object: {
      id: { iri: ['xblock', 'data.id'] },
      type: 'DigitalResourceCollection',
      fields: { name: { const: 'Unit' } },
      extensions: { current_tab: 'data.current_tab', tab_count: 'data.tab_count', target },
    },
  };
}

const outline: CaliperRow = {
  type: 'NavigationEvent',
  action: 'NavigatedTo',
  object: { id: '!data.target_url', type: 'DigitalResource', fields: { name: 'data.target_name' } },
};

function problem(type: string, action: string, objectType: string): CaliperRow {
  return { type, action, object: { id: { iri: ['xblock', { fn: 'problemId' }] }, type: objectType } };
}

const started = media('Started');
const resumed = media('Resumed');
const paused = media('Paused');
const ended = media('Ended');
const jumped = media('JumpedTo', { target: { newTime: { seconds: 'data.new_time' } } });
const shown = media('EnabledClosedCaptioning');
const hidden = media('DisabledClosedCaptioning');

/** The table for the 35 events of Open edX that its own converter knows. */
export const openEdxCaliperRows: Readonly<Record<string, CaliperRow | CaliperDrafting>> = {
  load_video: started,
  'edx.video.loaded': started,
  play_video: resumed,
  'edx.video.played': resumed,
  pause_video: paused,
  'edx.video.paused': paused,
  stop_video: ended,
  'edx.video.stopped': ended,
  complete_video: ended,
  'edx.video.completed': ended,
  seek_video: jumped,
  'edx.video.position.changed': jumped,
  speed_change_video: media('ChangedSpeed', {
    extensions: { oldSpeed: 'data.old_speed', newSpeed: 'data.new_speed' },
  }),
  show_transcript: shown,
  'edx.video.transcript.shown': shown,
  video_show_cc_menu: shown,
  'edx.video.closed_captions.shown': shown,
  hide_transcript: hidden,
  'edx.video.transcript.hidden': hidden,
  video_hide_cc_menu: hidden,
  'edx.video.closed_captions.hidden': hidden,
  'edx.course.enrollment.activated': course('Activated', { mode: 'data.mode' }),
  'edx.course.enrollment.deactivated': course('Deactivated', { mode: 'data.mode' }),
  'edx.course.grade.passed.first_time': course('Completed'),
  'edx.ui.lms.link_clicked': {
    type: 'NavigationEvent',
    action: 'NavigatedTo',
    object: { id: '!data.target_url', type: 'Webpage' },
  },
  'edx.ui.lms.outline.selected': outline,
  'edx.ui.lms.sequence.outline.selected': outline,
  'edx.ui.lms.sequence.next_selected': sequence({ const: 'next unit' }),
  'edx.ui.lms.sequence.previous_selected': sequence({ const: 'previous unit' }),
  'edx.ui.lms.sequence.tab_selected': sequence('data.target_tab'),
  'edx.grades.problem.submitted': problem('AssessmentEvent', 'Submitted', 'Assessment'),
  'edx.problem.completed': problem('AssessmentItemEvent', 'Completed', 'AssessmentItem'),
  'edx.problem.hint.demandhint_displayed': {
    type: 'Event',
    action: 'Viewed',
    object: {
      id: { join: [{ iri: ['xblock', '!module_id'] }, { const: '/hint/' }, '!hint_index'] },
      type: 'Annotation',
      fields: { name: { const: 'Hint' } },
    },
  },
  showanswer: {
    type: 'Event',
    action: 'Viewed',
    object: {
      id: { join: [{ iri: ['xblock', '!problem_id'] }, { const: '/solution' }] },
      type: 'Annotation',
      fields: { name: { const: 'Solution' } },
    },
  },
  problem_check: problemCheckEvent,
};
