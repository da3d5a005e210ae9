import { AsyncResource } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { isObservable, tap } from 'rxjs';
import { isAsyncIterator } from '../context/hand-through';

/** How a call ended. `abandoned`: an Observable was unsubscribed, or an iterator left, before its end. */
export type Ending = 'success' | 'error' | 'abandoned';

export interface Ended {
  readonly ending: Ending;
  /** What was returned or resolved; of an Observable or iterator, the last value. */
  readonly result: unknown;
  readonly error: unknown;
  readonly durationMs: number;
  /** Values given by an Observable or iterator; 1 for anything else that succeeded. */
  readonly count: number;
}

/**
 * Calls `body` and tells once how it ended, in the flow in which it was called: of a promise when it is settled, of an
 * Observable or async iterator when it is over. Gives back what `body` gives back, or its equal.
 */
export function observe(body: () => unknown, tell: (ended: Ended) => void): unknown {
  const startedAt = performance.now();
  const end = (ending: Ending, result: unknown, error: unknown, count: number): void => {
    tell({ ending, result, error, durationMs: performance.now() - startedAt, count });
  };
  let result: unknown;
  try {
    result = body();
  } catch (error) {
    end('error', undefined, error, 0);
    throw error;
  }
  // An Observable may be completed, an iterator advanced, from anywhere: the event belongs to the flow of the call.
  if (isObservable(result)) return observeStream(result, AsyncResource.bind(end));
  if (isAsyncIterator(result)) return observeIterator(result, AsyncResource.bind(end));
  if (isThenable(result)) return observePromise(result, end);
  end('success', result, undefined, 1);
  return result;
}

type End = (ending: Ending, result: unknown, error: unknown, count: number) => void;

function observePromise(promise: PromiseLike<unknown>, end: End): PromiseLike<unknown> {
  return promise.then(
    (value) => {
      end('success', value, undefined, 1);
      return value;
    },
    (error: unknown) => {
      end('error', undefined, error, 0);
      throw error;
    },
  );
}

function observeStream(stream: import('rxjs').Observable<unknown>, end: End): unknown {
  let last: unknown;
  let count = 0;
  return stream.pipe(
    tap({
      next: (value) => {
        last = value;
        count++;
      },
      complete: () => {
        end('success', last, undefined, count);
      },
      error: (error: unknown) => {
        end('error', last, error, count);
      },
      unsubscribe: () => {
        end('abandoned', last, undefined, count);
      },
    }),
  );
}

async function* observeIterator(iterator: AsyncIterableIterator<unknown>, end: End): AsyncGenerator {
  let last: unknown;
  let count = 0;
  let ending: Ending = 'abandoned';
  let failure: unknown;
  try {
    for await (const value of iterator) {
      last = value;
      count++;
      yield value;
    }
    ending = 'success';
  } catch (error) {
    ending = 'error';
    failure = error;
    throw error;
  } finally {
    end(ending, last, failure, count);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
