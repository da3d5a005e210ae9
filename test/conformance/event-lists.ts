/**
 * Compares lists of events: those of each backend, the lines of each logger, the messages on the
 * bus.
 */
import { align } from './align';
import { placeOf, type Difference, type Part, type ValueDifference } from './differences';
import { isMapping, isTagged, microseconds } from './values';

export type Compare<E, G> = (expected: E, got: G) => readonly (ValueDifference | LevelDifference)[];

export interface LevelDifference {
  readonly kind: 'level';
  readonly expected: unknown;
  readonly got: unknown;
}

export function byNode<E, G>(
  part: Part,
  expected: Readonly<Record<string, readonly E[]>> = {},
  got: ReadonlyMap<string, readonly G[]>,
  timeIn: (event: unknown) => bigint | undefined,
  compare: Compare<E, G>,
): readonly Difference[] {
  const wanted = new Map(Object.entries(expected));
  return [...new Set([...wanted.keys(), ...got.keys()])].flatMap((node) =>
    eventLists(part, `${part}.${node}`, wanted.get(node) ?? [], got.get(node) ?? [], timeIn, compare).map((each) => ({
      ...each,
      node,
    })),
  );
}

/** Pairs the events by their time and compares each pair. */
export function eventLists<E, G>(
  part: Part,
  base: string,
  expected: readonly E[],
  got: readonly G[],
  timeIn: (event: unknown) => bigint | undefined,
  compare: Compare<E, G>,
): readonly Difference[] {
  const score = (wanted: E, given: G): number => {
    const [one, other] = [timeIn(wanted), timeIn(given)];
    if (one === undefined || other === undefined) return 1;
    if (one !== other) return 0;
    return compare(wanted, given).length === 0 ? 3 : 2;
  };
  return align(expected, got, score).flatMap((pair): readonly Difference[] => {
    if (!pair.got) {
      const { value, at = 0 } = pair.expected ?? {};
      return [{ part, kind: 'missing', place: `${base}[${at}]`, expected: value, got: 'no event' }];
    }
    const place = `${base}[${pair.got.at}]`;
    if (!pair.expected) return [{ part, kind: 'extra', place, expected: 'no event', got: pair.got.value }];
    const { value: event } = pair.expected;
    return compare(event, pair.got.value).map((each) => ({
      ...each,
      part,
      event,
      place: 'path' in each ? placeOf(place, each.path) : `${place}.${each.kind}`,
    }));
  });
}

/** The event's own time in milliseconds; a time finer than that is cut. */
export function timeOf(event: unknown): bigint | undefined {
  if (!isMapping(event)) return undefined;
  const { timestamp } = event;
  if (timestamp instanceof Date) return Number.isNaN(timestamp.getTime()) ? undefined : BigInt(timestamp.getTime());
  const micros = microseconds(String(isTagged(timestamp) ? timestamp.value : timestamp));
  return micros === undefined ? undefined : (micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n;
}

export function timeOfLine(line: unknown): bigint | undefined {
  const [, timestamp] = /"timestamp": "([^"]*)"/.exec(String((line as readonly unknown[])[1])) ?? [];
  return timeOf({ timestamp });
}
