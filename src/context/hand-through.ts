import { isObservable, Observable } from 'rxjs';

/** Runs code in the scope again. */
export type Inside = <T>(code: () => T) => T;

/**
 * A body may give back work that has not begun: an Observable does it when it is subscribed, an async iterator when it is
 * advanced, both long after the body has returned. They are handed through so that this work runs in the scope as well.
 * A promise needs nothing: what it runs was begun inside.
 */
export function handThrough<Result>(result: Result, inside: Inside): Result {
  if (isObservable(result)) {
    return new Observable((subscriber) => {
      const subscription = inside(() => result.subscribe(subscriber));
      return () => {
        inside(() => {
          subscription.unsubscribe();
        });
      };
    }) as Result;
  }
  return isAsyncIterator(result) ? (new ScopedIterator(result, inside) as Result) : result;
}

/** An async generator, or what behaves like one; not a readable stream, which is iterable but no iterator. */
export function isAsyncIterator(value: unknown): value is AsyncIterableIterator<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { next, [Symbol.asyncIterator]: iterator } = value as { next?: unknown; [Symbol.asyncIterator]?: unknown };
  return typeof next === 'function' && typeof iterator === 'function';
}

class ScopedIterator implements AsyncIterableIterator<unknown> {
  readonly return?: (value?: unknown) => Promise<IteratorResult<unknown>>;
  readonly throw?: (error?: unknown) => Promise<IteratorResult<unknown>>;

  constructor(
    private readonly source: AsyncIterableIterator<unknown>,
    private readonly inside: Inside,
  ) {
    if (source.return !== undefined) this.return = (value) => inside(() => source.return?.(value)) ?? done(value);
    if (source.throw !== undefined) this.throw = (error) => inside(() => source.throw?.(error)) ?? done(undefined);
  }

  // With the argument only if there is one: a generator tells `next()` from `next(undefined)` by its first yield.
  next(...values: [] | [unknown]): Promise<IteratorResult<unknown>> {
    return this.inside(() => this.source.next(...(values as [])));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function done(value: unknown): Promise<IteratorResult<unknown>> {
  return Promise.resolve({ done: true, value });
}
