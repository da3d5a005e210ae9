import type { ModulesContainer } from '@nestjs/core';
import type { EventHandler } from '../routing/bus-intake';
import type { TrackingEvent } from '../event/tracking-event';
import { showValue } from '../routing/tracking-config.exception';

type Wanted = string | RegExp;

interface HandlerPlan {
  readonly method: string | symbol;
  readonly wanted: Wanted;
}

const plans = new WeakMap<object, HandlerPlan[]>();

/**
 * Has the method called for each event of that name that a consumer brings, in a scope with the event's context. The event is done
 * when what the method returns has resolved; a method that fails is called again, and in the end the event becomes a dead letter.
 * @param name as it is, or an expression that the name must fit
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
      `@OnTrackingEvent was given ${showValue(name)}, neither a name nor an expression. Mend: @OnTrackingEvent('problem_check')`,
    );
  }
  return (prototype, method) => {
    plans.set(prototype, [...(plans.get(prototype) ?? []), { method, wanted: name }]);
  };
}

/** Every handler of an application. */
export function eventHandlers(container: ModulesContainer): EventHandler[] {
  const handlers: EventHandler[] = [];
  const seen = new Set<unknown>();
  for (const { providers, controllers } of container.values()) {
    for (const wrapper of [...providers.values(), ...controllers.values()]) {
      const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      handlers.push(...handlersOf(instance));
    }
  }
  return handlers;
}

function handlersOf(instance: object): EventHandler[] {
  const found = new Map<string | symbol, Wanted[]>();
  try {
    for (let at = prototypeOf(instance); at !== null; at = prototypeOf(at)) {
      for (const { method, wanted } of plans.get(at) ?? []) found.set(method, [...(found.get(method) ?? []), wanted]);
    }
  } catch {
    return []; // a provider may be anything, a proxy that throws too
  }
  return [...found].map(([method, wanted]) => ({
    place: `${instance.constructor.name}.${String(method)}`,
    wants: (name) => wanted.some((each) => (typeof each === 'string' ? each === name : name.search(each) >= 0)),
    call: (event) => (instance as Record<string | symbol, (event: TrackingEvent) => unknown>)[method]?.(event),
  }));
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}
