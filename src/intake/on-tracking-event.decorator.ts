import type { TrackingEvent } from '../event/tracking-event';
import { NamePattern, PatternError } from '../processors/patterns/name-pattern';
import { showValue } from '../common/tracking-config.exception';

/** An event name, or a pattern that the name must match. */
export type Wanted = string | NamePattern;

/**
 * Maximum number of steps of a backtracking engine for one name, about a millisecond. An automaton
 * matches the other expressions.
 */
const MAX_STEPS = 500_000;

interface HandlerPlan {
  readonly method: string | symbol;
  readonly wanted: Wanted;
}

const plans = new WeakMap<object, HandlerPlan[]>();

/**
 * Calls the method for each event with a matching name that a consumer delivers, in a scope with
 * the context of the event.
 * The event is done when the result of the method has resolved. A method that fails is called
 * again; after the last attempt the event becomes a dead letter.
 * @param name the exact name, or an expression that the name must match. Matching takes bounded
 * time, and no name of more than 1,000 characters matches an expression
 * @throws TypeError if `name` is neither, or if the expression cannot be matched in bounded time
 */
export function OnTrackingEvent(
  name: string | RegExp,
): <Method extends (event: TrackingEvent) => unknown>(
  prototype: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void {
  if (typeof name !== 'string' && !(name instanceof RegExp)) {
    throw new TypeError(
      `@OnTrackingEvent was given ${showValue(name)}, neither a name nor an expression. Fix: @OnTrackingEvent('problem_check')`,
    );
  }
  const wanted = typeof name === 'string' ? name : patternOf(name);
  return (prototype, method) => {
    plans.set(prototype, [...(plans.get(prototype) ?? []), { method, wanted }]);
  };
}

/** Bounds the cost of matching: names come from a bus, which other processes can write to. */
function patternOf({ source, flags }: RegExp): NamePattern {
  const pattern = NamePattern.read(source, flags.replace(/[dgy]/g, ''), {
    place: flags.includes('y') ? 'start' : 'anywhere',
    maxSteps: () => MAX_STEPS,
  });
  if (pattern instanceof PatternError)
    throw new TypeError(`@OnTrackingEvent was given an expression that ${pattern.what}. Fix: ${pattern.fix}`);
  return pattern;
}

/**
 * Returns the event handler methods of a class, including inherited ones. Each method appears once,
 * with the names it handles.
 */
export function handlerMethods(prototype: object): Map<string | symbol, readonly Wanted[]> {
  const found = new Map<string | symbol, readonly Wanted[]>();
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    for (const { method, wanted } of plans.get(at) ?? []) found.set(method, [...(found.get(method) ?? []), wanted]);
  }
  return found;
}
