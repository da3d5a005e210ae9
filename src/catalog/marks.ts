/**
 * Whether a value was made by this library, be it another copy of it: the command line loads an application's catalog beside
 * its own. Anything may be asked, a revoked proxy too.
 */
export function hasMark(value: unknown, mark: symbol): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return (value as Record<symbol, unknown>)[mark] === true;
  } catch {
    return false;
  }
}
