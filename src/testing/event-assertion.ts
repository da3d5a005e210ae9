/**
 * Evaluates the expectations of the matchers against a list of events. A verdict says whether the
 * expectation holds and why it fails, or why its negation (`.not`) fails.
 */
import { countEvents, listEvents, namePlaces, type ListedEvent } from './event-list';
import { fitsName, fitsPattern, showName, type EventPattern } from './event-pattern';
import { comparable } from './fit';
import type { Voice } from './matcher-context';
import { nearestEvent, nearestName } from './nearest-event';

export interface Verdict {
  readonly holds: boolean;
  /** Returns the failure message. Called only if the test fails. */
  readonly failure: () => string;
}

type Events = readonly ListedEvent[];

export function tracked(events: Events, wanted: EventPattern, voice: Voice): Verdict {
  const found = placesOf(wanted, events);
  const shown = (): string[] => found.map((at) => `  ${String(at + 1)}. ${voice.received(events[at])}`);
  return {
    holds: found.length > 0,
    failure: () =>
      found.length > 0
        ? `Expected not to be tracked, but found:\n${shown().join('\n')}`
        : paragraphs(whyMissing(wanted, events, voice), inOrder(events)),
  };
}

export function trackedTimes(events: Events, wanted: EventPattern, times: number, voice: Voice): Verdict {
  const found = placesOf(wanted, events);
  const count = (): string => {
    const there = found.length === 0 ? 'found none' : `found ${String(found.length)} (${namePlaces(found)})`;
    return `Expected ${voice.isNot ? 'any number but ' : ''}${String(times)} of ${describe(wanted)}; ${there}.`;
  };
  // Explains mismatches only for events of the wanted name, or if no event matches at all.
  const why = (): string => {
    const alike = events.filter((event) => !fitsPattern(wanted, event) && fitsName(wanted.name ?? /^/, event.name));
    if (found.length === 0) return whyMissing(wanted, events, voice);
    return alike.length > 0 ? whyMissing(wanted, alike, voice) : '';
  };
  return {
    holds: found.length === times,
    failure: () => paragraphs(count(), found.length < times ? why() : '', inOrder(events)),
  };
}

/** Expects exactly these events, in any order: concurrent code emits in no fixed order. */
export function trackedOnly(events: Events, wanted: readonly EventPattern[], voice: Voice): Verdict {
  const takenBy = pairUp(wanted, events);
  const missed = wanted.filter((_, pattern) => !takenBy.includes(pattern));
  const others = events.filter((_, at) => takenBy[at] === undefined);
  const holds = missed.length === 0 && others.length === 0;
  const whyMissed = (): string[] =>
    missed.map((pattern) => `Missing ${describe(pattern)}. ${whyMissing(pattern, others, voice, 'other ')}`);
  return {
    holds,
    failure: () =>
      holds
        ? paragraphs('Expected other events, but only these were tracked.', inOrder(events))
        : paragraphs(
            ...whyMissed(),
            others.length === 0 ? '' : `Not expected: ${countEvents(others.length)} (marked x).`,
            inOrder(events, (at) => takenBy[at] === undefined),
          ),
  };
}

/** Expects the events in the given order. Other events may occur between them. */
export function trackedInOrder(events: Events, wanted: readonly EventPattern[], voice: Voice): Verdict {
  const found: number[] = [];
  for (const pattern of wanted) {
    const start = (found.at(-1) ?? -1) + 1;
    const at = events.slice(start).findIndex((event) => fitsPattern(pattern, event));
    if (at < 0) break;
    found.push(start + at);
  }
  const steps = (): string =>
    wanted
      .map(
        (pattern, step) =>
          `  ${describe(pattern)}: ${step > found.length ? 'not searched' : whereIs(pattern, found, step, events)}`,
      )
      .join('\n');
  const missing = wanted[found.length];
  const why = (): string =>
    missing === undefined || placesOf(missing, events).length > 0 ? '' : whyMissing(missing, events, voice);
  return {
    holds: missing === undefined,
    failure: () =>
      paragraphs(`Expected ${missing === undefined ? 'not this' : 'this'} order:\n${steps()}`, why(), inOrder(events)),
  };
}

function whereIs(pattern: EventPattern, found: readonly number[], step: number, events: Events): string {
  const at = found[step];
  if (at !== undefined) return namePlaces([at]);
  const last = found.at(-1);
  const before = placesOf(pattern, events);
  if (last === undefined || before.length === 0) return 'missing';
  return `not after ${namePlaces([last])}, only before (${namePlaces(before)})`;
}

/**
 * Explains why no event matches the pattern.
 * @param other `other ` if `events` is only part of the tracked events
 */
function whyMissing(wanted: EventPattern, events: Events, voice: Voice, other = ''): string {
  if (events.length === 0) return `There are no ${other}events.`;
  const { name } = wanted;
  if (name === undefined) return `No ${other}event matches. ${nearest(wanted, events, voice)}`;
  const named = events.filter((event) => fitsName(name, event.name)).length;
  if (named > 0) {
    const are = named === 1 ? 'is' : 'are';
    return `${String(named)} ${other}${named === 1 ? 'event' : 'events'} ${are} called ${showName(name)}, but none matches. ${nearest(wanted, events, voice)}`;
  }
  const meant = nearestName(name, events);
  const hint = meant === undefined ? '' : `; the nearest name is ${showName(meant)}`;
  const hasMore = wanted.data !== undefined || wanted.context !== undefined;
  return `No ${other}event is called ${showName(name)}${hint}.${hasMore ? ` ${nearest(wanted, events, voice)}` : ''}`;
}

/** Returns a diff between the expected event and the most similar tracked event. */
function nearest(wanted: EventPattern, events: Events, voice: Voice): string {
  const event = events[nearestEvent(wanted, events)];
  if (event === undefined) return '';
  const { name, context, data } = wanted;
  const hasName = name !== undefined && !fitsName(name, event.name); // a matching name adds nothing to the diff
  const expected = {
    ...(hasName ? { name } : {}),
    ...(context === undefined ? {} : { context }),
    ...(data === undefined ? {} : { data }),
  };
  const received = { name: event.name, context: event.context, data: event.data };
  return `The nearest is:\n\n${voice.diff(expected, comparable(expected, received))}`;
}

/**
 * Assigns each event to at most one pattern so that as many patterns as possible get an event.
 *
 * A greedy assignment is not enough: of `{ name: 'a' }` and `{ name: 'a', data: { n: 1 } }`, the
 * first could take the only event that matches the second. A pattern whose event is already taken
 * therefore asks the current holder to find another event (augmenting paths).
 */
function pairUp(wanted: readonly EventPattern[], events: Events): (number | undefined)[] {
  const takenBy: (number | undefined)[] = events.map(() => undefined);
  const take = (pattern: EventPattern, number: number, asked: Set<number>): boolean =>
    events.some((event, at) => {
      if (asked.has(at) || !fitsPattern(pattern, event)) return false;
      asked.add(at);
      const holder = takenBy[at];
      const held = holder === undefined ? undefined : wanted[holder];
      if (holder !== undefined && held !== undefined && !take(held, holder, asked)) return false;
      takenBy[at] = number;
      return true;
    });
  wanted.forEach((pattern, number) => take(pattern, number, new Set()));
  return takenBy;
}

function placesOf(wanted: EventPattern, events: Events): number[] {
  return events.flatMap((event, at) => (fitsPattern(wanted, event) ? [at] : []));
}

/** Describes a pattern, for example `"problem_check" with this data and context`. */
function describe({ name, data, context }: EventPattern): string {
  const parts = [...(data === undefined ? [] : ['data']), ...(context === undefined ? [] : ['context'])];
  const called = name === undefined ? 'an event' : showName(name);
  return parts.length === 0 ? called : `${called} with this ${parts.join(' and ')}`;
}

function inOrder(events: Events, isMarked?: (index: number) => boolean): string {
  return events.length === 0 ? '' : `Tracked, in order:\n${listEvents(events, isMarked)}`;
}

function paragraphs(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}
