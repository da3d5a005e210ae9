/** Thrown where a function of the application gave a promise: emit waits for nothing, so the promise stands for no value. */
export class AsyncResult extends Error {
  override readonly name = 'AsyncResult';
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/**
 * What a function gave, if it gave it at once.
 * @throws AsyncResult for a promise, whose own failure then goes unheard: it would end the process as an unhandled rejection
 */
export function synchronous<T>(result: T): T {
  if (!isPromise(result)) return result;
  result.then(undefined, () => undefined);
  throw new AsyncResult('a promise was returned');
}
