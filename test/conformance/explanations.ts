/**
 * What a decision or a trait can explain: differences of one kind, at places where the kind shows.
 * An explanation is told from the difference and from what the case does; a difference that none
 * recognises fails its case.
 */
import { isEvent, isTag } from './content';
import type { Difference, Part, Path } from './differences';
import type { CaseFacts } from './facts';
import { isMapping, isTagged } from './values';
import type { VectorProcessor } from './vectors';

/** A difference together with what explanations ask of it. */
export interface Explainable extends Difference {
  /**
   * Leads from the event to the value, in whatever form the event was delivered; undefined if no
   * value differs.
   */
  readonly eventPath: Path | undefined;
  /** The backends that it can concern. */
  readonly nodes: (facts: CaseFacts) => readonly string[];
}

export type Explanation = (difference: Explainable, facts: CaseFacts) => boolean;
type NodeTest = (node: string, facts: CaseFacts) => boolean;

const KIND_OF: Partial<Readonly<Record<Part, string>>> = {
  bus_messages: 'event_bus',
  queued: 'async_routing',
  segment_calls: 'segment',
};

export function explainable(difference: Difference): Explainable {
  const { node, part } = difference;
  return {
    ...difference,
    eventPath: difference.path && (part === 'segment_calls' ? pathInEvent(difference.path) : difference.path),
    nodes: ({ nodes }) => {
      if (node !== undefined) return [node];
      return nodes.filter(({ backend }) => backend.kind === KIND_OF[part]).map(({ path }) => path);
    },
  };
}

/**
 * Where in the event a part of a call of Segment comes from. What is under its context is derived
 * from the event's.
 */
function pathInEvent([field, ...rest]: Path): Path {
  if (field === 'properties') return rest;
  return field === 'event' ? ['name'] : ['context'];
}

/** Events that only one side delivered. */
export function events(kind: 'extra' | 'missing' | 'any', where: NodeTest): Explanation {
  return (difference, facts) =>
    (difference.kind === kind || (kind === 'any' && ['extra', 'missing'].includes(difference.kind))) &&
    difference.nodes(facts).some((node) => where(node, facts));
}

/** Steps of the given operations that failed on one side only. An emit never fails here. */
export function errorsAt(...ops: readonly string[]): Explanation {
  return ({ kind, step = '', got }, { stepsByIndex }) => {
    const op = stepsByIndex.get(step)?.op;
    return kind === 'error' && op !== undefined && ops.includes(op) && !(op === 'emit' && got === 'it fails');
  };
}

/** Fewer failures than in the reference. */
export function fewerFailures(...stages: readonly string[]): Explanation {
  return ({ kind, stage = '', expected, got }) =>
    kind === 'failures' && stages.includes(stage) && Number(got) < Number(expected);
}

/** More failures than in the reference. */
export function moreFailures(...stages: readonly string[]): Explanation {
  return ({ kind, stage = '', expected, got }) =>
    kind === 'failures' && stages.includes(stage) && Number(got) > Number(expected);
}

/** Errors in the configuration that the reference does not see. */
export function refusals(pattern: RegExp): Explanation {
  return ({ kind, expected, got }) => kind === 'start' && expected === 'it starts' && pattern.test(String(got));
}

/** A registration that is refused here only, and what follows from it. */
export function isLateRefusal(op: 'register_processor' | 'register_backend'): Explanation {
  return (difference, facts) =>
    errorsAt(op)(difference, facts) ||
    (facts.steps.some((step) => step.op === op) && ['extra', 'missing'].includes(difference.kind));
}

/** A start that the reference refuses. */
export const starts: Explanation = ({ kind, got }) => kind === 'start' && got === 'it starts';

/** Any node. */
export const anywhere: NodeTest = () => true;

/** A node of one of the kinds, or one below it. */
export function below(...kinds: readonly string[]): NodeTest {
  return (node, { nodes }) => nodes.some(({ path, backend }) => kinds.includes(backend.kind) && isBelow(node, path));
}

/** A node whose events pass a processor of this kind. */
export function behind(test: (processor: VectorProcessor) => boolean): NodeTest {
  return (node, { owned }) => owned.some(({ owner, processor }) => test(processor) && isBelow(node, owner));
}

/** Everything in an event that the reference delivered in another shape than an event's. */
export const inBrokenEvents: Explanation = ({ kind, part, event }) =>
  kind === 'value' && event !== undefined && isBroken(event, part);

/**
 * What the reference delivered in another shape than an event's, and in whose place there is no
 * event here.
 */
export const brokenEvents: Explanation = ({ kind, part, expected }) => kind === 'missing' && isBroken(expected, part);

/** @param delivered an event in the form in which the vectors list it in this part */
function isBroken(delivered: unknown, part: Part): boolean {
  switch (part) {
    case 'bus_messages':
      return false;
    case 'lines':
      return isBrokenText(String((delivered as readonly unknown[])[1]));
    case 'queued':
      return isMapping(delivered) && !isEvent(delivered.event);
    case 'segment_calls':
      return isMapping(delivered) && !isEvent(delivered.properties);
    default:
      return !isEvent(delivered);
  }
}

function isBrokenText(text: string): boolean {
  try {
    return !isEvent(JSON.parse(text.replace(/-?\b(?:NaN|Infinity)\b/g, '0')));
  } catch {
    return false;
  }
}

/** @param above '' for the root */
export function isBelow(node: string, above: string): boolean {
  return above === '' || node === above || node.startsWith(`${above}/`);
}

/**
 * Whether two values are the same, as far as their text in the vectors tells; true if a tag leaves
 * it open.
 */
export function isSameText(one: unknown, other: unknown): boolean {
  return hasTag(one) || hasTag(other) || JSON.stringify(one) === JSON.stringify(other);
}

/** The value at a path; undefined if there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' && inside !== null ? (inside as Record<string | number, unknown>)[key] : undefined,
    value,
  );
}

function hasTag(value: unknown): boolean {
  if (isTagged(value)) return !isTag(value, 'integer');
  return typeof value === 'object' && value !== null && Object.values(value).some(hasTag);
}
