/**
 * The statements of `problem_check`. A browser says that somebody attempted the problem; the server
 * says how it was evaluated: one statement for a problem with one question, and otherwise one for
 * the problem and one for each question.
 */
import { blockOf, problemId } from './domain-functions';
import { iri } from './expression';
import { asText, EventSource, fieldReader, isMapping, present, type LearningEvent } from './learning-event';
import { pythonText, spacedJson } from './python-text';
import { ADL_VERBS, ACROSSX, ATTEMPT_ID, INTERACTION_ACTIVITY } from './rows/iris';
import type { StatementDraft, StatementTools } from './row';
import type { XapiActivity, XapiActivityDefinition, XapiContext, XapiResult, XapiScore } from './statement';

const ATTEMPTED = { id: `${ADL_VERBS}attempted`, display: { en: 'attempted' } };
const EVALUATED = { id: `${ACROSSX}verbs/evaluated`, display: { en: 'evaluated' } };

/** Kinds of xAPI interactions by the response types of Open edX; others are `other`. */
const INTERACTIONS: Readonly<Record<string, string>> = {
  annotationresponse: 'fill-in',
  choiceresponse: 'choice',
  choicetextresponse: 'choice',
  formularesponse: 'fill-in',
  imageresponse: 'matching',
  multiplechoiceresponse: 'choice',
  numericalresponse: 'numeric',
  optionresponse: 'choice',
  stringresponse: 'fill-in',
  symbolicresponse: 'fill-in',
  truefalseresponse: 'true-false',
};

type Submission = Readonly<Record<string, unknown>>;

const read = {
  source: fieldReader('event_source'),
  referer: fieldReader('referer'),
  course: fieldReader('context.course_id'),
  title: fieldReader('context.module.display_name'),
  answers: fieldReader('data.answers'),
  attempts: fieldReader('data.attempts'),
  grade: fieldReader('data.grade'),
  maxGrade: fieldReader('data.max_grade'),
  success: fieldReader('data.success'),
  submission: fieldReader('data.submission'),
};

export function problemCheckStatements(event: LearningEvent, tools: StatementTools): readonly StatementDraft[] {
  const source = new EventSource(event, 'xAPI statement');
  const block = checkedBlock(source);
  const id = iri(tools.rootUrl, 'xblock', block);
  if (id === undefined) throw source.error('it does not say which problem was checked');
  const { context } = tools;
  if (isFromBrowser(source)) {
    const definition = { ...titleOf(source), type: INTERACTION_ACTIVITY, interactionType: 'other' };
    return [{ verb: ATTEMPTED, object: { objectType: 'Activity', id, definition }, context }];
  }
  const submissions = submissionsOf(source);
  if (submissions.length > 1) return groupStatements(source, id, submissions, tools);
  const [, submission] = submissions[0] ?? [];
  const result = { ...responseOf(source, submission), ...outcome(source) };
  return [{ verb: EVALUATED, object: problemObject(source, id, submission), result, context }];
}

export function isFromBrowser(source: EventSource): boolean {
  return read.source(source) === 'browser';
}

/** The block that was checked; a browser names it in the referer, or in the fields of its form. */
export function checkedBlock(source: EventSource): string | undefined {
  if (!isFromBrowser(source)) {
    const id = problemId(source);
    return id === undefined ? undefined : asText(id);
  }
  const active = activeBlock(read.referer(source));
  if (active !== undefined) return active;
  const [, block] = typeof source.data === 'string' ? source.data.split('_') : [];
  return block === undefined || block === '' || read.course(source) === undefined
    ? undefined
    : blockOf(source, 'problem', block);
}

/** The block that the page of a browser is opened at. */
function activeBlock(referer: unknown): string | undefined {
  if (typeof referer !== 'string' || !URL.canParse(referer)) return undefined;
  const block = new URL(referer).searchParams.get('activate_block_id');
  return block === null || block === '' ? undefined : block;
}

function submissionsOf(source: EventSource): (readonly [string, Submission])[] {
  const given = read.submission(source);
  if (!isMapping(given)) return [];
  return Object.entries(given).map(([key, value]) => [key, isMapping(value) ? value : {}] as const);
}

function problemObject(source: EventSource, id: string, submission: Submission | undefined): XapiActivity {
  const attempts = read.attempts(source);
  const extensions = isTruthy(attempts) ? { extensions: { [ATTEMPT_ID]: attempts } } : {};
  const definition: XapiActivityDefinition = hasType(submission)
    ? { ...questionDefinition(submission), ...extensions }
    : { ...titleOf(source), type: INTERACTION_ACTIVITY, interactionType: 'other', ...extensions };
  return { objectType: 'Activity', id, definition };
}

function questionDefinition(submission: Submission): XapiActivityDefinition {
  const { question } = submission;
  return {
    ...(typeof question === 'string' && { description: { 'en-US': question } }),
    type: INTERACTION_ACTIVITY,
    interactionType: INTERACTIONS[asText(submission['response_type'])] ?? 'other',
  };
}

function groupStatements(
  source: EventSource,
  id: string,
  submissions: readonly (readonly [string, Submission])[],
  { context, statementId }: StatementTools,
): readonly StatementDraft[] {
  const definition = { ...titleOf(source), type: INTERACTION_ACTIVITY, interactionType: 'other' };
  const parent: XapiActivity = { objectType: 'GroupActivity', id, definition };
  const childContext: XapiContext = {
    ...context,
    statement: { objectType: 'StatementRef', id: statementId(EVALUATED) },
    contextActivities: {
      parent: [parent],
      ...(context.contextActivities?.parent !== undefined && { grouping: context.contextActivities.parent }),
    },
  };
  const prefix = id.slice(0, id.lastIndexOf('@') + 1);
  const children = submissions.map(([key, submission]) => ({
    verb: EVALUATED,
    object: { objectType: 'Activity' as const, id: `${prefix}${key}`, definition: questionDefinition(submission) },
    result: { ...answered(submission['answer']), success: submission['correct'] === true },
    context: childContext,
    key,
  }));
  return [{ verb: EVALUATED, object: parent, result: outcome(source), context }, ...children];
}

function outcome(source: EventSource): XapiResult {
  const [raw, max] = [read.grade, read.maxGrade].map((value) => numberOrNone(value(source)));
  const score: XapiScore = {
    min: 0,
    ...(max !== undefined && { max }),
    ...(raw !== undefined && { raw }),
    ...(raw !== undefined && max !== undefined && { scaled: max === 0 ? 0 : raw / max }),
  };
  return { success: read.success(source) === 'correct', score };
}

function responseOf(source: EventSource, submission: Submission | undefined): XapiResult {
  return answered(hasType(submission) ? submission['answer'] : read.answers(source));
}

/** The answer as text: a list as JSON, any other value as Python shows it. */
function answered(answer: unknown): XapiResult {
  if (answer === undefined || answer === null) return {};
  return { response: Array.isArray(answer) ? spacedJson(answer) : pythonText(answer) };
}

function titleOf(source: EventSource): XapiActivityDefinition {
  const title = read.title(source);
  return typeof title === 'string' ? { name: { 'en-US': title } } : {};
}

function hasType(submission: Submission | undefined): submission is Submission {
  return submission !== undefined && present(submission['response_type']) !== undefined;
}

function numberOrNone(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isTruthy(value: unknown): boolean {
  return present(value) !== undefined && value !== 0 && value !== false;
}
