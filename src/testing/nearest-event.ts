/**
 * Finds the tracked event most similar to the expected one, so that a failure message can show a
 * misspelt name or a differing field. Events are ranked by name first, then by the number of
 * matching values.
 */
import { isNear, nameDistance } from '../common/nearest-name';
import { fitsName, type EventPattern, type NamePattern } from './event-pattern';
import { countFitting } from './fit';
import type { ListedEvent } from './event-list';

/** Returns the index of the most similar event, the latest on a tie; -1 if there are no events. */
export function nearestEvent(wanted: EventPattern, events: readonly ListedEvent[]): number {
  let nearest = -1;
  let least: readonly number[] = [];
  events.forEach((event, at) => {
    const rank = [
      wanted.name === undefined ? 0 : distanceOf(wanted.name, event.name),
      -countFitting(wanted.data, event.data) - countFitting(wanted.context, event.context),
      -at,
    ];
    if (nearest < 0 || isLess(rank, least)) [nearest, least] = [at, rank];
  });
  return nearest;
}

/** Returns the most similar name; undefined if no name is similar enough. */
export function nearestName(wanted: NamePattern, events: readonly ListedEvent[]): string | undefined {
  const nearest = events[nearestEvent({ name: wanted }, events)]?.name;
  if (nearest === undefined || typeof wanted !== 'string') return undefined;
  return isNear(distanceOf(wanted, nearest), wanted, nearest) ? nearest : undefined;
}

/** Returns 0 for a matching name; for a string pattern, the number of characters to change. */
function distanceOf(wanted: NamePattern, name: string): number {
  if (fitsName(wanted, name)) return 0;
  return typeof wanted === 'string' ? nameDistance(wanted, name) : 1;
}

function isLess(rank: readonly number[], than: readonly number[]): boolean {
  const at = rank.findIndex((value, index) => value !== than[index]);
  return at >= 0 && (rank[at] ?? 0) < (than[at] ?? 0);
}
