/** Throws, where an expression has to. */
export function fail(error: Error): never {
  throw error;
}
