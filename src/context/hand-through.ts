import { AsyncResource } from 'node:async_hooks';
import { isObservable, Observable, Subject, takeUntil, type Subscriber } from 'rxjs';
import { boundStream } from './bound-stream';
import { currentFlow } from './flow';
import { isIterator, isThenable, resultKind, type IteratorLike } from './result-kind';
import { invoke, standIn, streamReplacements, thenReplacements, type Replacements } from '../common/stand-in';

/** Without it each resource would be watched by the garbage collector, in case somebody listens for its end. */
const UNWATCHED = { requireManualDestroy: true };

/**
 * Returns the result of a body, so that the work which it starts later runs in the scope as well. An Observable works when it
 * is subscribed, an iterator when it is advanced, a query builder when it is awaited: all long after the body has returned.
 * A promise runs in the scope as it is, but may resolve to one of those. To be called inside the scope.
 */
export function handThrough<Result>(result: Result): Result {
  if (typeof result !== 'object' || result === null) return result;
  switch (resultKind(result)) {
    case 'value':
      return result;
    case 'promise':
      return (result as unknown as Promise<unknown>).then(handThrough) as Result;
    case 'stream':
    case 'lazy':
      return new ScopedResult().of(result);
  }
}

/**
 * The work of one call's result, which runs in the whole asynchronous context of that call: the scope, and also what others
 * keep there (nestjs-cls, tracing). What the reader of the result does with it runs in the reader's own.
 */
class ScopedResult {
  private readonly flow = new AsyncResource('TrackingScope', UNWATCHED);

  of<Result extends object>(result: Result): Result {
    const kind = resultKind(result);
    if (kind === 'stream') return this.stream(result as unknown as Observable<unknown>) as unknown as Result;
    return kind === 'lazy' ? this.standInFor(result) : result;
  }

  private standInFor<Source extends object>(source: Source): Source {
    return standIn(
      source,
      (self): Replacements => ({
        ...(isObservable(source)
          ? streamReplacements(source, self as unknown as Observable<unknown>, this.stream(source))
          : {}),
        ...(isIterator(source) ? this.steps(source) : {}),
        ...(isThenable(source) ? thenReplacements((...handlers) => this.then(source, handlers)) : {}),
      }),
      (method) => {
        const given = this.inside(method);
        return typeof given === 'object' && given !== null && given !== source ? this.of(given) : given;
      },
    );
  }

  private inside<T>(work: () => T): T {
    return this.flow.runInAsyncScope(work);
  }

  /** What a step gives is for the reader, and no work that has not begun. */
  private steps(source: IteratorLike): Replacements {
    const step =
      (key: 'next' | 'return' | 'throw') =>
      (...values: [] | [unknown]): unknown =>
        this.inside(() => source[key]?.(...values));
    return { next: step('next'), return: step('return'), throw: step('throw') };
  }

  private then(source: PromiseLike<unknown>, [onValue, onError, ...others]: readonly unknown[]): unknown {
    const reader = new AsyncResource('TrackingReader', UNWATCHED);
    const settle =
      (handler: unknown) =>
      (...settled: unknown[]): unknown =>
        reader.runInAsyncScope(handler as (...settled: unknown[]) => unknown, undefined, ...settled);
    const asGiven = (value: unknown): unknown => (typeof value === 'object' && value !== null ? this.of(value) : value);
    const taken = typeof onValue === 'function' ? settle(onValue) : (value: unknown): unknown => value;
    return this.inside(() =>
      invoke(source, 'then', [
        (value: unknown, ...more: unknown[]) => taken(asGiven(value), ...more),
        typeof onError === 'function' ? settle(onError) : onError,
        ...others,
      ]),
    );
  }

  private stream(source: Observable<unknown>): Observable<unknown> {
    return new Observable((subscriber) => {
      this.subscribe(source, subscriber);
    });
  }

  /**
   * Values leave the scope where they are given to the reader: an operator that starts the next piece of work when this one is
   * complete (concatMap, repeat) would otherwise start it in here, and one user's context would pass to the next. A hot source
   * gives them in the flow of the code that feeds it (a socket that another request has opened, a Subject): the operators of the
   * stream get the scope back, and the reader its whole context, not only its scopes.
   */
  private subscribe(source: Observable<unknown>, subscriber: Subscriber<unknown>): void {
    const reader = new AsyncResource('TrackingReader', UNWATCHED);
    const left = new Subject<void>();
    // Before it is subscribed: a reader may have enough of a source that gives everything at once.
    subscriber.add(() => {
      this.inside(() => {
        left.next();
      });
    });
    this.inside(() =>
      boundStream(source, currentFlow)
        .pipe(takeUntil(left))
        .subscribe({
          next: (value) => {
            reader.runInAsyncScope(() => {
              subscriber.next(value);
            });
          },
          error: (error: unknown) => {
            reader.runInAsyncScope(() => {
              subscriber.error(error);
            });
          },
          complete: () => {
            reader.runInAsyncScope(() => {
              subscriber.complete();
            });
          },
        }),
    );
  }
}
