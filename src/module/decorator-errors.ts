import type { ModulesContainer } from '@nestjs/core';
import { nearestName } from '../common/nearest-name';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { showIdentifier, type ConfigError } from '../common/tracking-config.exception';
import { TrackerService } from '../tracker/tracker.service';
import { trackerRequestsOf, type MethodRequest } from '../tracker/wrapped-method';

/**
 * Finds invalid options of decorators, and decorators that name a tracker which the application
 * does not have.
 * Classes of providers and controllers are known before anything is built; the results of factories
 * only afterwards.
 */
export function decoratorErrors(container: ModulesContainer): ConfigError[] {
  const names = trackerNames(container);
  const errors = new Map<string, ConfigError>();
  for (const holder of decoratedHolders(container)) {
    for (const request of trackerRequestsOf(holder)) {
      const path = `${ownerOf(holder)}.${String(request.key)} (${request.decorator})`;
      for (const { what, fix } of request.objections) errors.set(`${path} ${what}`, { path, what, fix });
      if (names.includes(request.tracker)) continue;
      errors.set(`${path} ${request.tracker}`, trackerError(path, request, names));
    }
  }
  return [...errors.values()];
}

function trackerError(path: string, { decorator, tracker }: MethodRequest, names: readonly string[]): ConfigError {
  const meant = nearestName(tracker, names) ?? names[0];
  const fix =
    meant === undefined || meant === DEFAULT_TRACKER
      ? `${decorator}(...) without the option tracker`
      : `${decorator}(..., { tracker: ${JSON.stringify(meant)} })`;
  return {
    path,
    what: `it asks for the tracker ${showIdentifier(tracker)}, and no forRoot has that name; there is ${names.map(showIdentifier).join(', ')}.`,
    fix: `${fix}, or TrackingModule.forRoot({ name: ${showIdentifier(tracker)}, ... })`,
  };
}

/** Reads the names from the tokens, since a test may register a stub under one. */
function trackerNames(container: ModulesContainer): string[] {
  const names = new Set<string>();
  for (const { providers } of container.values()) {
    for (const token of providers.keys()) {
      if (token === TrackerService) names.add(DEFAULT_TRACKER);
      const [, name] = typeof token === 'string' ? (/^Tracker\((.*)\)$/s.exec(token) ?? []) : [];
      if (name !== undefined) names.add(name);
    }
  }
  return [...names];
}

/** Collects the classes, for their static methods, and the prototypes, including inherited ones. */
function decoratedHolders(container: ModulesContainer): Set<object> {
  const holders = new Set<object>();
  const add = (holder: unknown): void => {
    try {
      for (let at = holder; isHolder(at) && !holders.has(at); at = Object.getPrototypeOf(at)) holders.add(at);
    } catch {
      // A provider may be any value, including a proxy that throws.
    }
  };
  const addPrototype = (instance: object): void => {
    try {
      add(Object.getPrototypeOf(instance));
    } catch {
      // A provider may be any value, including a proxy that throws.
    }
  };
  for (const { providers, controllers, injectables } of container.values()) {
    for (const wrapper of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
      if (typeof wrapper.metatype === 'function' && !wrapper.isFactory) {
        add(wrapper.metatype);
        add(wrapper.metatype.prototype);
      }
      const instance: unknown = wrapper.instance;
      if (isHolder(instance)) addPrototype(instance);
    }
  }
  return holders;
}

function isHolder(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function ownerOf(holder: object): string {
  const owner = typeof holder === 'function' ? holder : (holder as { constructor?: { name?: unknown } }).constructor;
  return typeof owner?.name === 'string' && owner.name !== '' ? owner.name : 'a class without a name';
}
