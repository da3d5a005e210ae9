import type { EventRow, Outcome } from '../../api';

/**
 * Columns of the list: the ends of the tree, and the paths of backends that were registered later
 * and therefore only appear in the rows.
 */
export function columnsOf(destinations: readonly string[], rows: readonly EventRow[]): readonly string[] {
  const columns = new Set(destinations);
  for (const { outcomes } of rows) {
    for (const { path } of outcomes) if (!columns.has(path) && !isAbove(path, columns)) columns.add(path);
  }
  return [...columns];
}

/**
 * The outcome of a column: its own, or that of the nearest node above it at which the event ended.
 */
export function outcomeAt(column: string, outcomes: readonly Outcome[]): Outcome | undefined {
  let nearest: Outcome | undefined;
  for (const outcome of outcomes) {
    if (outcome.path === column) return outcome;
    const isCloser = outcome.path.length >= (nearest?.path.length ?? 0);
    if (isCloser && isBelow(column, outcome.path) && ENDED.has(outcome.state)) nearest = outcome;
  }
  return nearest;
}

/** The shortest name that tells a column from the others: its last part, or else its path. */
export function columnLabel(column: string, columns: readonly string[]): string {
  const last = lastPart(column);
  return columns.some((other) => other !== column && lastPart(other) === last) ? column : last;
}

/** States after which nothing below the node receives the event. */
const ENDED = new Set<Outcome['state']>(['filtered', 'dropped', 'dead']);

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The root, whose path is empty, is above all others. */
const isBelow = (path: string, node: string): boolean => node === '' || path.startsWith(`${node}/`);

function isAbove(node: string, columns: ReadonlySet<string>): boolean {
  for (const column of columns) if (isBelow(column, node)) return true;
  return false;
}
