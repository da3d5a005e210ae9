/** Codes of Node for an address where nothing answers: nothing listens, the name is unknown, or no route leads there. */
const CODES: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
]);
/** Errors of drivers that have looked for a server themselves, and found none. */
const NAMES: ReadonlySet<unknown> = new Set(['MongoServerSelectionError', 'MaxRetriesPerRequestError']);
/** Errors wrap errors, and may contain themselves. */
const MAX_VISITED = 20;

/**
 * Whether an attempt failed because no connection could be made. Reads `code`, `name`, `cause` and `errors` of the error and of
 * those inside it. An unknown error is none: then the destination may be there. Never throws.
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
      // A getter of an application's error may throw: the next one is read.
    }
  }
  return false;
}
