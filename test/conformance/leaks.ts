/**
 * Changes to an event that the reference lets others see and this package does not: siblings share
 * one event there, a queue and a backend of the bus take no copy before their processors run, and
 * what a failing processor changed stays.
 */
import type { Path } from './differences';
import { isBelow, isSameText, valueAt, type Explainable, type Explanation } from './explanations';
import type { CaseFacts, VectorNode } from './facts';
import type { VectorBackend, VectorProcessor } from './vectors';

interface Leak {
  /** Whether the change is seen at this path of the tree. */
  readonly reaches: (node: string) => boolean;
  /** Where in the event the change is. */
  readonly path: Path;
  /** What was set; undefined if the value is not known. */
  readonly value?: unknown;
}

/** Changes by a backend, as its later siblings see them. */
export const changesByBackends: Explanation = explainedBy((facts) =>
  facts.nodes.flatMap((node) => changesBy(node.backend, laterSiblings(node, facts))),
);

/** The id that a document store adds, as its later siblings see it. */
export const idsOfStores: Explanation = explainedBy((facts) =>
  facts.nodes
    .filter(({ backend }) => backend.kind === 'mongo')
    .map((node) => ({ reaches: laterSiblings(node, facts), path: ['_id'] })),
);

/** Changes by the processors before a queue, as the later siblings of the queue see them. */
export const changesBeforeQueues: Explanation = explainedBy((facts) =>
  facts.nodes
    .filter(({ backend }) => backend.kind === 'async_routing')
    .flatMap((node) => changesByProcessors(node.backend, laterSiblings(node, facts))),
);

/**
 * Changes by the processors and the children of one backend of the bus, as the later ones receive
 * them.
 */
export const changesOnTheBus: Explanation = explainedBy((facts) =>
  facts.nodes
    .filter(({ backend }) => backend.kind === 'event_bus')
    .flatMap((node) => {
      const reaches = laterSiblings(node, facts);
      const children = Object.values(node.backend.backends ?? {});
      return [...changesByProcessors(node.backend, reaches), ...children.flatMap((child) => changesBy(child, reaches))];
    }),
);

/** Changes by a processor that then fails. */
export const changesBeforeFailures: Explanation = explainedBy(({ owned }) =>
  owned
    .filter(({ processor }) => processor.kind === 'set_then_fail')
    .map(({ owner, processor: { path = [], value } }) => ({ reaches: (node) => isBelow(node, owner), path, value })),
);

function changesBy({ then_set: set }: VectorBackend, reaches: Leak['reaches']): readonly Leak[] {
  return set ? [{ reaches, path: set[0], value: set[1] }] : [];
}

function changesByProcessors({ processors = [] }: VectorBackend, reaches: Leak['reaches']): readonly Leak[] {
  return processors.flatMap((each) => {
    const path = changedPath(each);
    return path ? [{ reaches, path }] : [];
  });
}

/** The path that a processor changes in place; undefined for one that changes nothing in place. */
function changedPath({ kind, path }: VectorProcessor): Path | undefined {
  if (kind === 'append') return ['data', 'trace'];
  return ['set', 'set_and_return', 'set_then_fail', 'delete'].includes(kind) ? path : undefined;
}

/**
 * Explains what was changed where the change is seen, and which events and failures there are as
 * its consequence.
 */
function explainedBy(leaksIn: (facts: CaseFacts) => readonly Leak[]): Explanation {
  return (difference, facts) =>
    leaksIn(facts).some((leak) => {
      const isReached = difference.nodes(facts).some(leak.reaches);
      switch (difference.kind) {
        case 'failures':
          return facts.nodes.some(({ path }) => leak.reaches(path));
        case 'extra':
        case 'missing':
          return isReached;
        case 'value':
          return (
            isReached &&
            (isChange(leak, difference.eventPath, difference.expected) || isSteered(leak, difference, facts))
          );
        case 'error': // without a name, a failing backend makes the failure's own log line fail
          return leak.path.length === 0 && difference.expected === 'it fails';
        default:
          return false;
      }
    });
}

function isChange({ path: changed, value }: Omit<Leak, 'reaches'>, path: Path = [], expected: unknown): boolean {
  const shared = Math.min(path.length, changed.length);
  if (!path.slice(0, shared).every((key, at) => key === changed[at])) return false;
  return value === undefined || shared < changed.length || isSameText(valueAt(value, path.slice(shared)), expected);
}

/** Whether a changed name decides if a processor acts that changes the value in question. */
function isSteered({ path: changed }: Leak, { eventPath, expected, got }: Explainable, facts: CaseFacts): boolean {
  if (changed.length > 0 && changed[0] !== 'name') return false;
  return facts.processors.some((processor) => {
    if (processor.when_name === undefined) return false;
    const { kind, path = kind === 'append' ? ['data', 'trace'] : [], value } = processor;
    const change = kind === 'append' ? { path } : { path, value };
    return [expected, got].some((each) => isChange(change, eventPath, each));
  });
}

/** The later siblings of a node and what is below them. */
function laterSiblings(node: VectorNode, { nodes }: CaseFacts): Leak['reaches'] {
  const later = nodes.filter((other) => comesAfter(other, node));
  return (path) => later.some((sibling) => isBelow(path, sibling.path));
}

/**
 * Siblings are served in the order of their names; one that is registered under a new name is
 * served last.
 */
function comesAfter(node: VectorNode, other: VectorNode): boolean {
  if (node.parent !== other.parent || node === other) return false;
  if (node.isLate !== other.isLate && node.name !== other.name) return node.isLate;
  return node.isLate || Buffer.compare(Buffer.from(node.name), Buffer.from(other.name)) > 0;
}
