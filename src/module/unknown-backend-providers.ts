import { Scope } from '@nestjs/common';
import { getBackendToken, injectedBackendPaths } from '../routing/tokens';
import type { BackendPlan } from '../routing/tree-plan';
import { UnknownBackendException } from '../routing/unknown-backend.exception';

export interface UnknownBackendProvider {
  readonly provide: string;
  readonly scope: Scope.TRANSIENT;
  readonly useFactory: () => never;
}

/**
 * Returns a provider for each path that `@InjectBackend` names and that the tree lacks. It throws
 * an error that lists the existing paths; without it, Nest names only the token. Nest calls the
 * factory of a transient provider only where it is injected, so a class that the application does
 * not use does no harm.
 */
export function unknownBackendProviders(tracker: string, backends: readonly BackendPlan[]): UnknownBackendProvider[] {
  const known = pathsOf(backends);
  return injectedBackendPaths(tracker)
    .filter((path) => !known.includes(path))
    .map((path) => ({
      provide: getBackendToken(path, tracker),
      scope: Scope.TRANSIENT,
      useFactory: () => {
        throw UnknownBackendException.create(tracker, path, known, false);
      },
    }));
}

function pathsOf(backends: readonly BackendPlan[]): string[] {
  return backends.flatMap(({ path, children }) => [path, ...pathsOf(children)]);
}
