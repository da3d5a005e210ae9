/** The methods of TrackerService for contexts. */
import { showValue } from '../common/tracking-config.exception';
import { InvalidContextException } from '../context/invalid-context.exception';
import { UnknownContextException } from '../context/unknown-context.exception';
import { warnEnteredOutside, warnNoValues } from './context-notices';
import { givenName } from './given-arguments';
import type { TrackerRuntime } from './tracker-runtime';

type Runtime = Pick<TrackerRuntime, 'parts' | 'isServing'>;

/** @throws InvalidContextException if `values` is not an object with keys; nothing is entered */
export function enterContext({ parts, isServing }: Runtime, name: unknown, values: unknown): void {
  const { scopes, notices, normalizer } = parts;
  const known = givenName(name);
  const fields = normalizer.context(known, values);
  if (fields === undefined) throw InvalidContextException.create(known, showValue(values));
  if (isServing && scopes.isOutside()) warnEnteredOutside(notices, known);
  scopes.current().enter(known, fields);
}

/** @throws UnknownContextException if the nearest open scope has no context with that name */
export function exitContext({ parts }: Runtime, name: unknown): void {
  const scope = parts.scopes.current();
  const known = givenName(name);
  if (!scope.exit(known)) throw UnknownContextException.create(known, scope.openNames());
}

/** Runs `body` in a new scope. Throws only errors of `body`, because `body` must always run. */
export function runInContext<Result>({ parts }: Runtime, name: unknown, values: unknown, body: () => Result): Result {
  const { scopes, normalizer, notices } = parts;
  const known = givenName(name);
  const fields = normalizer.context(known, values);
  if (fields === undefined) warnNoValues(notices, known, values);
  return scopes.run(known, fields ?? {}, body);
}
