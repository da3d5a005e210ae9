import type { EventFields, IdentifiedEvent } from '../event/tracking-event';
import { showInFull } from '../common/tracking-config.exception';
import { fits, isAsymmetric, type AsymmetricMatcher } from './fit';

/**
 * Tracked event as a test reads it.
 * `events<ProblemCheck>(app, 'problem_check')` sets the type of its data.
 */
export interface TrackedEvent<Data extends object = EventFields, Context extends object = EventFields> {
  readonly id: string;
  readonly name: string;
  readonly timestamp: Date;
  readonly context: Context;
  readonly data: Data;
}

/**
 * Pattern for an event name: the full name, a regular expression that matches part of it, or an
 * asymmetric matcher such as `expect.stringContaining('…')`.
 */
export type NamePattern = string | RegExp | AsymmetricMatcher;

/**
 * Pattern for an event. Data and context are matched partially, and may contain asymmetric matchers
 * such as `expect.any()` at any depth.
 */
export interface EventPattern {
  /** @default any */
  readonly name?: NamePattern | undefined;
  /** @default any */
  readonly data?: object | undefined;
  /** @default any */
  readonly context?: object | undefined;
}

/** Selects events by name, by pattern, or with a predicate function. */
export type EventFilter = NamePattern | EventPattern | ((event: IdentifiedEvent) => boolean);

export function toPattern(wanted: NamePattern | EventPattern): EventPattern {
  return isNamePattern(wanted) ? { name: wanted } : wanted;
}

export function fitsFilter(filter: EventFilter | undefined, event: IdentifiedEvent): boolean {
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
  // `search` ignores lastIndex; `test` with the g flag would match only every second event.
  return pattern instanceof RegExp ? name.search(pattern) >= 0 : pattern.asymmetricMatch(name);
}

export function isNamePattern(value: unknown): value is NamePattern {
  return typeof value === 'string' || value instanceof RegExp || isAsymmetric(value);
}

export function showName(pattern: NamePattern): string {
  if (typeof pattern === 'string') return showInFull(pattern);
  return pattern instanceof RegExp ? String(pattern) : showAsymmetric(pattern);
}

/**
 * Describes a matcher, for example `StringContaining "video"`, if the test framework supports it.
 */
function showAsymmetric(matcher: AsymmetricMatcher & { toAsymmetricMatcher?(): unknown }): string {
  const text = matcher.toAsymmetricMatcher?.();
  return typeof text === 'string' ? text : 'the matcher given';
}
