/**
 * Error thrown when a function of the application returned a promise: emit is synchronous, so a
 * promise cannot be used as a value.
 */
export class AsyncResult extends Error {
  override readonly name = 'AsyncResult';
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Returns a value that is not a promise.
 * @throws AsyncResult for a promise. Its rejection is ignored, because it would otherwise end the
 * process as an unhandled rejection.
 */
export function synchronous<T>(result: T): T {
  if (!isPromise(result)) return result;
  result.then(undefined, () => undefined);
  throw new AsyncResult('a promise was returned');
}
