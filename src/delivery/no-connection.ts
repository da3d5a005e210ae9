/**
 * Node's error codes for an address where nothing answers: no process listens, the name is unknown,
 * or there is no route.
 */
const CODES: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
]);
/** Names of the errors with which drivers stop because they could not connect. */
const NAMES: ReadonlySet<unknown> = new Set(['MongoServerSelectionError', 'MaxRetriesPerRequestError']);
/** Maximum number of errors to look at: errors wrap errors, and may contain themselves. */
const MAX_VISITED = 20;

/**
 * Returns true if an attempt failed because no connection could be made. Reads `code`, `name`,
 * `cause` and `errors` of the error and of the errors inside it. Returns false for an unknown
 * error, because the destination may be reachable. Never throws.
 */
export function isNoConnection(error: unknown): boolean {
  const left: unknown[] = [error];
  for (let visited = 0; left.length > 0 && visited < MAX_VISITED; visited++) {
    try {
      const { code, name, cause, errors } = Object(left.shift()) as Partial<Record<string, unknown>>;
      if (CODES.has(code) || NAMES.has(name)) return true;
      if (cause !== undefined) left.push(cause);
      if (Array.isArray(errors)) left.push(...(errors as unknown[]).slice(0, MAX_VISITED));
    } catch {
      // A getter of an application's error may throw. The next error is still read.
    }
  }
  return false;
}
