import { AsyncResource } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { types } from 'node:util';
import { defer, isObservable, tap, type Observable } from 'rxjs';
import { isAsyncIterator } from '../context/hand-through';
import { standIn } from '../context/stand-in';

/** How a call ended. `abandoned`: an Observable was unsubscribed, or an iterator left, before its end. */
export type Ending = 'success' | 'error' | 'abandoned';

export interface Ended {
  readonly ending: Ending;
  /** What was returned or resolved; of an Observable or iterator, the last value. */
  readonly result: unknown;
  readonly error: unknown;
  readonly durationMs: number;
  /** Values given by an Observable or iterator, also before a failure; else 1 for a success and 0 for a failure. */
  readonly count: number;
}

type End = (ending: Ending, result: unknown, error: unknown, count: number) => void;

/**
 * Calls `body` and tells how it ended, in the flow in which it was called: of a promise when it is settled, of any other
 * thenable when it is awaited, of an async iterator when it is over, of an Observable at the end of each subscription. Gives
 * back what `body` gives back or, where that is lazy, its equal: what begins when it is asked for, still does.
 * @param tell must not throw
 */
export function observe(body: () => unknown, tell: (ended: Ended) => void): unknown {
  const startedAt = performance.now();
  const end: End = (ending, result, error, count) => {
    tell({ ending, result, error, durationMs: performance.now() - startedAt, count });
  };
  let result: unknown;
  try {
    result = body();
  } catch (error) {
    end('error', undefined, error, 0);
    throw error;
  }
  const observeKind = observerOf(result);
  // What is lazy may be asked for from anywhere: the event belongs to the flow of the call.
  if (observeKind !== undefined) return observeKind(AsyncResource.bind(end));
  if (types.isPromise(result)) observePromise(result, end);
  else end('success', result, undefined, 1);
  return result;
}

/** What to do about a result that is lazy; undefined for any other. */
function observerOf(result: unknown): ((end: End) => unknown) | undefined {
  try {
    if (typeof result !== 'object' || result === null || types.isPromise(result)) return undefined;
    if (isObservable(result)) return isSubject(result) ? undefined : (end) => observeStream(result, end);
    if (isAsyncIterator(result)) return (end) => new IteratorWatch(end).standInFor(result);
    return isThenable(result) ? (end) => observeThenable(result, end) : undefined;
  } catch {
    return undefined; // a proxy or getter that throws when it is looked at: not ours to trip over
  }
}

/** The caller gets the very promise; what is told here is told before it goes on, since it asked first. */
function observePromise(promise: PromiseLike<unknown>, end: End): void {
  promise.then(
    (value) => {
      end('success', value, undefined, 1);
    },
    (error: unknown) => {
      end('error', undefined, error, 0);
    },
  );
}

type Settle = ((value: unknown) => unknown) | null | undefined;

/** A query builder runs when it is awaited, and anew each time: asking it here would run the query twice. */
function observeThenable(thenable: PromiseLike<unknown>, end: End): PromiseLike<unknown> {
  let isOver = false;
  const endOnce: End = (...ended) => {
    if (isOver) return;
    isOver = true;
    end(...ended);
  };
  const failed = (error: unknown): void => {
    endOnce('error', undefined, error, 0);
  };
  const then = (onValue?: Settle, onError?: Settle): unknown => {
    try {
      return thenable.then(
        (value) => {
          endOnce('success', value, undefined, 1);
          return typeof onValue === 'function' ? onValue(value) : value;
        },
        (error: unknown) => {
          failed(error);
          if (typeof onError === 'function') return onError(error);
          throw error;
        },
      );
    } catch (error) {
      failed(error);
      throw error;
    }
  };
  // These two ask the object's own `then`, which nobody observes.
  const catchError = (onError?: Settle): unknown => then(undefined, onError);
  const anyway = async (onEnd?: () => void): Promise<unknown> =>
    Promise.resolve({ then } as PromiseLike<unknown>).finally(onEnd);
  return standIn(thenable, { then, catch: catchError, finally: anyway });
}

/** A Subject is fed by whoever holds it, and its maker wants that very one back. What operators make of it is a stream. */
function isSubject(stream: Observable<unknown>): boolean {
  return 'next' in stream && (stream as { operator?: unknown }).operator === undefined;
}

function observeStream(stream: Observable<unknown>, end: End): Observable<unknown> {
  return defer(() => {
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
  });
}

/** Looks on while an async iterator is advanced, and tells its end once. */
class IteratorWatch {
  private last: unknown;
  private count = 0;
  private isOver = false;

  constructor(private readonly end: End) {}

  standInFor(source: AsyncIterableIterator<unknown>): AsyncIterableIterator<unknown> {
    const observed: AsyncIterableIterator<unknown> = standIn(source, {
      next: (...values: [] | [undefined]) => this.watch('success', () => source.next(...values)),
      return: (...values: [] | [unknown]) => this.watch('abandoned', () => source.return?.(...values)),
      throw: (...errors: [] | [unknown]) => this.watch('success', () => source.throw?.(...errors)),
      [Symbol.asyncIterator]: () => {
        const given = source[Symbol.asyncIterator]();
        return given === source ? observed : this.standInFor(given); // a cursor makes a new one
      },
    });
    return observed;
  }

  /** @param ending what it means if this step is the last one */
  private watch(ending: Ending, step: () => unknown): unknown {
    let given: unknown;
    try {
      given = step();
    } catch (error) {
      this.over('error', error);
      throw error;
    }
    const took = (result: unknown): void => {
      this.took(ending, result as IteratorResult<unknown> | undefined);
    };
    const failed = (error: unknown): void => {
      this.over('error', error);
    };
    if (isThenable(given)) given.then(took, failed);
    else took(given); // no promise: not what an async iterator should give, but whoever reads it may be content
    return given;
  }

  private took(ending: Ending, result: IteratorResult<unknown> | undefined): void {
    if (result?.done === true) {
      this.over(ending, undefined);
    } else {
      this.last = result?.value;
      this.count++;
    }
  }

  private over(ending: Ending, error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.end(ending, this.last, error, this.count);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
