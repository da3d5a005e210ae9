import type { EventFields, StoredEvent } from '../event/tracking-event';
import { showInFull } from '../common/tracking-config.exception';
import { fits, isAsymmetric, type AsymmetricMatcher } from './fit';

/** An event as a test reads it; `events<ProblemCheck>(app, 'problem_check')` says what its data holds. */
export interface TrackedEvent<Data extends object = EventFields, Context extends object = EventFields> {
  readonly id: string;
  readonly name: string;
  readonly timestamp: Date;
  readonly context: Context;
  readonly data: Data;
}

/** The whole name, an expression that is found in it, or `expect.stringContaining('…')` and its like. */
export type NamePattern = string | RegExp | AsymmetricMatcher;

/** What an event has to hold. Data and context are given in part; `expect.any()` and its like stand anywhere in them. */
export interface EventPattern {
  /** @default any */
  readonly name?: NamePattern | undefined;
  /** @default any */
  readonly data?: object | undefined;
  /** @default any */
  readonly context?: object | undefined;
}

/** Which events are meant: by name, by a pattern, or by what a function says of them. */
export type EventFilter = NamePattern | EventPattern | ((event: StoredEvent) => boolean);

export function toPattern(wanted: NamePattern | EventPattern): EventPattern {
  return isNamePattern(wanted) ? { name: wanted } : wanted;
}

export function fitsFilter(filter: EventFilter | undefined, event: StoredEvent): boolean {
  if (filter === undefined) return true;
  if (typeof filter === 'function') return filter(event);
  return fitsPattern(toPattern(filter), event);
}

export function fitsPattern({ name, data, context }: EventPattern, event: TrackedEvent<object, object>): boolean {
  return (
    (name === undefined || fitsName(name, event.name)) &&
    (data === undefined || fits(data, event.data)) &&
    (context === undefined || fits(context, event.context))
  );
}

export function fitsName(pattern: NamePattern, name: string): boolean {
  if (typeof pattern === 'string') return pattern === name;
  // By `search`, which begins anew each time: `test` with the flag g would find every second event.
  return pattern instanceof RegExp ? name.search(pattern) >= 0 : pattern.asymmetricMatch(name);
}

export function isNamePattern(value: unknown): value is NamePattern {
  return typeof value === 'string' || value instanceof RegExp || isAsymmetric(value);
}

export function showName(pattern: NamePattern): string {
  if (typeof pattern === 'string') return showInFull(pattern);
  return pattern instanceof RegExp ? String(pattern) : showAsymmetric(pattern);
}

/** `StringContaining "video"`, if the framework's matcher can say so. */
function showAsymmetric(matcher: AsymmetricMatcher & { toAsymmetricMatcher?(): unknown }): string {
  const text = matcher.toAsymmetricMatcher?.();
  return typeof text === 'string' ? text : 'the matcher given';
}
