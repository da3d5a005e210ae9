/** Decisions about contexts. */
import { isContext, isEntry, isList } from './content';
import type { Decision } from './decisions';
import {
  anywhere,
  below,
  errorsAt,
  events,
  isSameText,
  valueAt,
  type Explainable,
  type Explanation,
} from './explanations';
import type { CaseFacts } from './facts';
import { isTagged } from './values';
import type { Path } from './differences';
import type { VectorStep } from './vectors';

/** A context decides whether Segment is called, and as whom. */
const CALLS_OF_SEGMENT = events('any', below('segment'));
const LAYERS: readonly Explanation[] = [valuesOfContexts, errorsAt('enter', 'exit', 'scope'), CALLS_OF_SEGMENT];

export const contextDecisions: readonly Decision[] = [
  {
    number: '0010',
    title: 'leaving a context restores what it hid',
    kind: 'a name entered twice',
    concerns: ({ entries }) => entries.some(({ by }) => by === 'enter'),
    explains: LAYERS,
  },
  {
    number: '0011',
    title: 'reentering a context makes it innermost',
    kind: 'a name entered again after another',
    concerns: ({ entries }) => entries.some(({ hidden }) => hidden),
    explains: LAYERS,
  },
  {
    number: '0012',
    title: 'a scope never closes another of its name',
    kind: 'a scope inside a scope of the same name',
    concerns: ({ entries }) => entries.some(({ by }) => by === 'scope'),
    explains: LAYERS,
  },
  {
    number: '0013',
    title: 'a context is copied when it is entered',
    kind: 'a context changed after it was entered',
    concerns: ({ steps }) =>
      steps.some(({ op, ref }) => op === 'mutate' && steps.some((other) => isEntry(other) && other.ref === ref)),
    explains: [
      valuesOfContexts,
      errorsAt('emit'),
      CALLS_OF_SEGMENT,
      (difference, facts) => hasOddChange(facts) && events('extra', anywhere)(difference, facts),
    ],
  },
  {
    number: '0014',
    title: 'what is not a mapping is no context',
    kind: 'a context that is not a mapping',
    concerns: ({ steps }) => steps.some((step) => isEntry(step) && !isContext(step.context) && !isList(step.context)),
    explains: [valuesOfContexts, errorsAt('enter', 'exit', 'scope', 'emit'), events('extra', anywhere)],
  },
  {
    number: '0015',
    title: 'a list of pairs is no context',
    kind: 'a list as a context',
    concerns: ({ steps }) => steps.some((step) => isEntry(step) && isList(step.context)),
    explains: LAYERS,
  },
  {
    number: '0029',
    title: 'what is entered in a scope ends with it',
    kind: 'a context entered in a scope and left outside of it, or the other way round',
    concerns: ({ crossesScopes }) => crossesScopes,
    explains: LAYERS,
  },
];

/** Whether the caller changes a context to hold what may not be copied or written. */
function hasOddChange({ steps }: CaseFacts): boolean {
  return steps.some(({ op, value }) => op === 'mutate' && isTagged(value));
}

/**
 * What the reference and this package have under a key of the context is what some step put there,
 * or nothing.
 */
function valuesOfContexts({ kind, part, eventPath = [], expected, got }: Explainable, { steps }: CaseFacts): boolean {
  const [field, ...path] = eventPath;
  if (!['value', 'key-order'].includes(kind) || field !== 'context') return false;
  if (part === 'segment_calls' && path.length === 0) return true; // derived from the context
  const given = steps.flatMap((step): readonly unknown[] => {
    if (isEntry(step)) return [valueAt(mappingOf(step.context), path)];
    return step.op === 'mutate' ? valuesBelow(step, path) : [];
  });
  return [expected, got].every(
    (value) => value === undefined || given.some((each) => each !== undefined && isSameText(each, value)),
  );
}

/** The mapping that the reference makes of a list of pairs; anything else as it is. */
function mappingOf(context: unknown): unknown {
  const pairs = isTagged(context) ? (context.items ?? context.entries) : context;
  const isPairs = Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2);
  return isPairs ? Object.fromEntries(pairs as [string, unknown][]) : context;
}

/** What a change of the caller puts at a path of the context. */
function valuesBelow({ path: changed = [], value }: VectorStep, path: Path): readonly unknown[] {
  const isAbove = changed.every((key, at) => key === path[at]);
  return isAbove ? [valueAt(value, path.slice(changed.length))] : [];
}
