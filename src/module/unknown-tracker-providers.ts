import { Scope, type InjectionToken } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { getTrackerToken, injectedTrackerNames } from '../tracker/tokens';
import { UnknownTrackerException } from '../tracker/unknown-tracker.exception';

export interface UnknownTrackerProvider {
  readonly provide: InjectionToken;
  readonly scope: Scope.TRANSIENT;
  readonly inject: [typeof ModulesContainer];
  readonly useFactory: (container: ModulesContainer) => never;
}

/** Names that `forRoot` and `forRootAsync` were given, in the whole process. */
const trackerNames = new Set<string>();

export function addTrackerName(name: string): void {
  trackerNames.add(name);
}

/**
 * Returns a provider for each name that `@InjectTracker` was given and that no tracker has. It
 * throws an error that lists the trackers of the application; without it, Nest names only the
 * token. Nest calls the factory of a transient provider only where it is injected, so a class that
 * the application does not use does no harm.
 */
export function unknownTrackerProviders(): UnknownTrackerProvider[] {
  return injectedTrackerNames()
    .filter((name) => !trackerNames.has(name))
    .map((name) => ({
      provide: getTrackerToken(name),
      scope: Scope.TRANSIENT,
      inject: [ModulesContainer],
      useFactory: (container) => {
        throw UnknownTrackerException.create(name, trackersIn(container));
      },
    }));
}

/**
 * Returns a list whose items are computed when it is iterated. Nest iterates over the providers of
 * a module once all modules are known, including those that were imported as promises.
 */
export function readLate<Item>(items: () => readonly Item[]): Item[] {
  return Object.defineProperty([], Symbol.iterator, { value: () => items()[Symbol.iterator]() });
}

/** Returns the trackers of one application, since other applications of the process have others. */
function trackersIn(container: ModulesContainer): string[] {
  const modules = [...container.values()];
  return [...trackerNames]
    .filter((name) => modules.some(({ providers }) => providers.has(getTrackerToken(name))))
    .sort();
}
