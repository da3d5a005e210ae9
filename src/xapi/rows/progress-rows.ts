import type { XapiExpression, XapiResultRow, XapiRow } from '../row';
import { COURSE_OBJECT } from './course-rows';
import {
  ACROSSX,
  ADL_ACTIVITIES,
  ADL_VERBS,
  DOD_ISD_VERBS,
  INTERACTION_ACTIVITY,
  TINCAN_ACTIVITIES,
  TINCAN_EXTENSIONS,
  TINCAN_VERBS,
} from './iris';

const attempted = { id: `${ADL_VERBS}attempted`, display: 'attempted' };
const asked = { id: `${ADL_VERBS}asked`, display: 'asked' };
const completed = { id: `${ADL_VERBS}completed`, display: 'completed' };
const progressed = { id: `${ADL_VERBS}progressed`, display: 'progressed' };
const earned = { id: `${TINCAN_VERBS}earned`, display: 'earned' };
const navigated = { id: `${DOD_ISD_VERBS}navigated`, display: 'navigated' };

const RESOURCE = `${TINCAN_ACTIVITIES}resource`;

/** Points that were earned out of the points that were possible. */
function points(earnedPath: string, possiblePath: string): XapiResultRow {
  return {
    success: { fn: 'gte', args: [earnedPath, possiblePath] },
    score: {
      min: { const: 0 },
      max: { fn: 'or0', args: [possiblePath] },
      raw: { fn: 'or0', args: [earnedPath] },
      scaled: { fn: 'ratio', args: [earnedPath, possiblePath] },
    },
  };
}

const PERCENT: XapiExpression = { fn: 'or0', args: ['data.percent_grade'] };

/** Problems except `problem_check`, grades and completion. */
export const PROGRESS_ROWS = {
  showanswer: {
    verb: asked,
    object: {
      id: { join: [{ iri: ['xblock', '!problem_id'] }, { const: '/answer' }] },
      type: `${TINCAN_ACTIVITIES}solution`,
    },
  },
  'edx.problem.hint.demandhint_displayed': {
    verb: asked,
    object: {
      id: { join: [{ iri: ['xblock', '!module_id'] }, { const: '/hint/' }, '!hint_index'] },
      type: `${ACROSSX}extensions/supplemental-info`,
    },
  },
  'edx.problem.completed': { verb: completed, object: { id: { fn: 'problemId' }, type: INTERACTION_ACTIVITY } },
  'edx.grades.problem.submitted': {
    verb: attempted,
    object: { id: { iri: ['xblock', { fn: 'problemId' }] }, type: `${ADL_ACTIVITIES}question` },
    result: points('data.weighted_earned', 'data.weighted_possible'),
  },
  'edx.grades.subsection.grade_calculated': {
    verb: earned,
    object: { id: { iri: ['xblock', '!data.block_id'] }, type: RESOURCE },
    result: points('data.weighted_total_earned', 'data.weighted_total_possible'),
  },
  'edx.grades.course.grade_calculated': {
    verb: earned,
    object: COURSE_OBJECT,
    result: {
      score: { min: { const: 0 }, max: { const: 1 }, raw: PERCENT, scaled: PERCENT },
      extensions: {
        'http://www.tincanapi.co.uk/activitytypes/grade_classification': {
          fn: 'default',
          args: ['data.letter_grade', { const: 'Fail' }],
        },
      },
    },
  },
  'edx.completion.block_completion.changed': {
    verb: progressed,
    object: { id: { iri: ['xblock', 'data.block_id'] }, type: RESOURCE },
    result: {
      completion: { fn: 'eq', args: ['data.completion', { const: 1 }] },
      extensions: {
        'https://w3id.org/xapi/cmi5/result/extensions/progress': {
          fn: 'times',
          args: ['data.completion', { const: 100 }],
        },
      },
    },
  },
} as const satisfies Readonly<Record<string, XapiRow>>;

/** A move in a sequence of units, to a place that is a tab or has a name. */
function sequence(to: XapiExpression): XapiRow {
  return {
    verb: navigated,
    object: {
      id: { iri: ['xblock', 'data.id'] },
      type: RESOURCE,
      extensions: { [`${ACROSSX}extensions/total-items`]: 'data.tab_count' },
    },
    context: {
      extensions: {
        [`${TINCAN_EXTENSIONS}starting-position`]: 'data.current_tab',
        [`${TINCAN_EXTENSIONS}ending-point`]: to,
      },
    },
  };
}

const outlineRow: XapiRow = {
  verb: navigated,
  object: { id: 'data.target_url', type: `${ADL_ACTIVITIES}module`, name: ['en', 'data.target_name'] },
};

/** Navigation in a course. */
export const NAVIGATION_ROWS = {
  'edx.ui.lms.link_clicked': {
    verb: navigated,
    object: { id: '!data.target_url', type: `${ADL_ACTIVITIES}link` },
  },
  'edx.ui.lms.outline.selected': outlineRow,
  'edx.ui.lms.sequence.outline.selected': outlineRow,
  'edx.ui.lms.sequence.next_selected': sequence({ const: 'next unit' }),
  'edx.ui.lms.sequence.previous_selected': sequence({ const: 'previous unit' }),
  'edx.ui.lms.sequence.tab_selected': sequence('data.target_tab'),
} as const satisfies Readonly<Record<string, XapiRow>>;
