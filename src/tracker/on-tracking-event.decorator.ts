import type { TrackingEvent } from '../event/tracking-event';
import { NamePattern, PatternFault } from '../processors/patterns/name-pattern';
import { showValue } from '../common/tracking-config.exception';

/** A name, or an expression that the name must fit. */
export type Wanted = string | NamePattern;

/** What one name may cost at most in an engine that goes back, about a millisecond; others are matched by an automaton. */
const MAX_STEPS = 500_000;

interface HandlerPlan {
  readonly method: string | symbol;
  readonly wanted: Wanted;
}

const plans = new WeakMap<object, HandlerPlan[]>();

/**
 * Has the method called for each event of that name that a consumer brings, in a scope with the event's context. The event is done
 * when what the method returns has resolved; a method that fails is called again, and in the end the event becomes a dead letter.
 * @param name as it is, or an expression that the name must fit. It is matched in bounded time, and fits no name of more than
 * 1,000 characters
 * @throws TypeError for what is neither, and for an expression that cannot be matched in bounded time
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

/** Names come from a bus, where anybody may write. */
function patternOf({ source, flags }: RegExp): NamePattern {
  const pattern = NamePattern.read(source, flags.replace(/[dgy]/g, ''), {
    place: flags.includes('y') ? 'start' : 'anywhere',
    maxSteps: () => MAX_STEPS,
  });
  if (pattern instanceof PatternFault)
    throw new TypeError(`@OnTrackingEvent was given an expression that ${pattern.what}. Fix: ${pattern.fix}`);
  return pattern;
}

/** The methods of a class that take events, inherited ones included, each once, with what it wants. */
export function handlerMethods(prototype: object): Map<string | symbol, readonly Wanted[]> {
  const found = new Map<string | symbol, readonly Wanted[]>();
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    for (const { method, wanted } of plans.get(at) ?? []) found.set(method, [...(found.get(method) ?? []), wanted]);
  }
  return found;
}
