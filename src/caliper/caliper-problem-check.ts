import { EventSource, fieldReader, present, type LearningEvent } from '../xapi/learning-event';
import { checkedBlock } from '../xapi/problem-check';
import type { CaliperDraft, CaliperTools } from './caliper-row';

const sourceOf = fieldReader('event_source');
const attemptsOf = fieldReader('data.attempts');
const gradeOf = fieldReader('data.grade');
const maxGradeOf = fieldReader('data.max_grade');
const successOf = fieldReader('data.success');

/** A check by the server is a grade for an attempt; any other is a submission of the problem. */
export function problemCheckEvent(event: LearningEvent, { actor, partOf, rootUrl }: CaliperTools): CaliperDraft {
  const source = new EventSource(event, 'Caliper event');
  const block = checkedBlock(source);
  if (block === undefined) throw source.error('it does not say which problem was checked');
  const assignable = { id: `${rootUrl}/xblock/${block}`, type: 'Assessment' };
  if (sourceOf(source) !== 'server') {
    const extensions = present(partOf) === undefined ? {} : { extensions: partOf };
    return { type: 'AssessmentEvent', action: 'Submitted', object: { ...assignable, ...extensions } };
  }
  const attempts = attemptsOf(source);
  const user = actor.id.slice(actor.id.lastIndexOf('/') + 1);
  return {
    type: 'GradeEvent',
    action: 'Graded',
    object: {
      id: `${assignable.id}/user/${user}/attempt/${JSON.stringify(attempts ?? null)}`,
      type: 'Attempt',
      extensions: { ...partOf, assignee: actor, assignable, ...(attempts !== undefined && { count: attempts }) },
    },
    generated: { score: scoreOf(source, attempts) },
  };
}

function scoreOf(source: EventSource, attempts: unknown): Readonly<Record<string, unknown>> {
  const [scoreGiven, maxScore] = [gradeOf(source), maxGradeOf(source)];
  return {
    id: '_:score',
    type: 'Score',
    ...(maxScore !== undefined && { maxScore }),
    ...(scoreGiven !== undefined && { scoreGiven }),
    ...(attempts !== undefined && { attempts }),
    // The text of a Python boolean, as Open edX sends it.
    extensions: { success: successOf(source) === 'correct' ? 'True' : 'False' },
  };
}
