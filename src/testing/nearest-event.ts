/**
 * A failed expectation is understood at a glance when it shows the event that was meant: the misspelt name, the one field that
 * is another. So of all events the nearest is looked for, by name first, then by how many of the expected values it has.
 */
import { isNear, nameDistance } from '../common/nearest-name';
import { fitsName, type EventPattern, type NamePattern } from './event-pattern';
import { countFitting } from './fit';
import type { ListedEvent } from './event-list';

/** The index of the event that comes nearest; of several equally near the latest. -1 if there are no events. */
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

/** The name that may have been meant; undefined if none is so near that it could. */
export function nearestName(wanted: NamePattern, events: readonly ListedEvent[]): string | undefined {
  const nearest = events[nearestEvent({ name: wanted }, events)]?.name;
  if (nearest === undefined || typeof wanted !== 'string') return undefined;
  return isNear(distanceOf(wanted, nearest), wanted, nearest) ? nearest : undefined;
}

/** 0 for a name that fits; for text, how many characters are to be changed. */
function distanceOf(wanted: NamePattern, name: string): number {
  if (fitsName(wanted, name)) return 0;
  return typeof wanted === 'string' ? nameDistance(wanted, name) : 1;
}

function isLess(rank: readonly number[], than: readonly number[]): boolean {
  const at = rank.findIndex((value, index) => value !== than[index]);
  return at >= 0 && (rank[at] ?? 0) < (than[at] ?? 0);
}
