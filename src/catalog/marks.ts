/**
 * Returns true if a copy of this library created the value: the command line loads the catalog of
 * an application, with another copy. Accepts any value, including a revoked proxy.
 */
export function hasMark(value: unknown, mark: symbol): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return (value as Record<symbol, unknown>)[mark] === true;
  } catch {
    return false;
  }
}
