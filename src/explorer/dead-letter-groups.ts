import type { DeadLetter, DeadLetterFilter } from '../delivery/dead-letter-box';
import type { NodeCounts } from '../ledger/counts';
import type { DeadLetterGroup, DeadLetterGroups, DeadLetterPlan, JobState } from './api';

/** Reads dead letters one by one, oldest first for each destination. */
export interface LetterReader {
  readonly total: number;
  /** Takes a few milliseconds of each turn of the event loop. */
  visitInTurns(filter: DeadLetterFilter, visit: (letter: DeadLetter) => void): Promise<void>;
}

/** Groups the dead letters of a tracker by destination and reason, the largest group first. */
export async function deadLetterGroups(letters: LetterReader): Promise<DeadLetterGroups> {
  const groups = new Map<string, { count: number; redrivable: number; oldest: Date; newest: Date } & GroupName>();
  let total = 0;
  await letters.visitInTurns({}, ({ path, reason, deadAt, canRedrive }) => {
    total++;
    const key = JSON.stringify([path, reason]);
    const group = groups.get(key) ?? { path, reason, count: 0, redrivable: 0, oldest: deadAt, newest: deadAt };
    groups.set(key, group);
    group.count++;
    if (canRedrive) group.redrivable++;
    if (deadAt < group.oldest) group.oldest = deadAt;
    if (deadAt > group.newest) group.newest = deadAt;
  });
  const rows = [...groups.values()].map(({ oldest, newest, ...group }): DeadLetterGroup => ({
    ...group,
    ...{ oldestAt: oldest.toISOString(), newestAt: newest.toISOString() },
  }));
  return { groups: rows.sort((a, b) => b.count - a.count), total };
}

interface GroupName {
  readonly path: string;
  readonly reason: string;
}

/** Says what an action would do now, destination by destination. */
export async function actionPlan(
  action: JobState['action'],
  letters: LetterReader,
  filter: DeadLetterFilter,
  nodes: readonly NodeCounts[],
): Promise<DeadLetterPlan> {
  const counts = new Map<string, number>();
  await letters.visitInTurns(filter, ({ path, canRedrive }) => {
    if (canRedrive || action === 'purge') counts.set(path, (counts.get(path) ?? 0) + 1);
  });
  const destinations = [...counts].map(([path, count]) => {
    const node = nodes.find((each) => each.path === path);
    return { path, count, note: action === 'purge' ? 'They are removed for good.' : redriveNote(node) };
  });
  return { count: destinations.reduce((sum, { count }) => sum + count, 0), destinations };
}

function redriveNote(node: NodeCounts | undefined): string {
  if (node === undefined) return 'Events that the catalog accepts by now enter the tree; the others stay.';
  const { delivery } = node;
  if (delivery === undefined || !('breaker' in delivery)) return 'They are put into its queue.';
  if (delivery.breaker !== 'closed')
    return `It does not accept events now (breaker ${delivery.breaker}): they wait in its queue.`;
  return `They are put into its queue, where ${String(delivery.pending)} events wait.`;
}
