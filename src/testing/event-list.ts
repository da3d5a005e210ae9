import { inspect } from 'node:util';
import type { TrackedEvent } from './event-pattern';

/** Event as listed in a failure message. Parsed log lines also satisfy this type. */
export type ListedEvent = TrackedEvent<object, object>;

const MAX_LISTED = 20;
const MAX_DATA_LENGTH = 80;

/**
 * Lists the last events for a failure message, one numbered event per line.
 * @param isMarked returns true for the index of each event to mark with an `x`
 */
export function listEvents(events: readonly ListedEvent[], isMarked: (index: number) => boolean = () => false): string {
  const first = Math.max(events.length - MAX_LISTED, 0);
  const lines = events.slice(first).map((event, at) => {
    const index = first + at;
    return `  ${String(index + 1)}. ${isMarked(index) ? 'x ' : ''}${event.name} ${showData(event.data)}`;
  });
  return [...(first > 0 ? [`  … ${countEvents(first)} before`] : []), ...lines].join('\n');
}

/** Formats a number of events, for example `1 event` or `2 events`. */
export function countEvents(count: number): string {
  return `${String(count)} ${count === 1 ? 'event' : 'events'}`;
}

/** Formats event positions, counted from 1, for example `event 1` or `events 1, 3`. */
export function namePlaces(indices: readonly number[]): string {
  return `${indices.length === 1 ? 'event' : 'events'} ${indices.map((index) => String(index + 1)).join(', ')}`;
}

function showData(data: unknown): string {
  const text = inspect(data, { depth: 4, breakLength: Infinity, compact: true });
  return text.length > MAX_DATA_LENGTH ? `${text.slice(0, MAX_DATA_LENGTH)}…` : text;
}
