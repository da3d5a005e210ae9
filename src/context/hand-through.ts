import { AsyncResource } from 'node:async_hooks';
import { isObservable, Observable, Subject, takeUntil, type Subscriber } from 'rxjs';
import { boundStream } from './bound-stream';
import { currentFlow } from './flow';
import { isIterator, isThenable, resultKind, type IteratorLike } from './result-kind';
import { invoke, standIn, streamReplacements, thenReplacements, type Replacements } from './stand-in';

/**
 * Without this option the garbage collector would track each resource, in case a hook listens for
 * its end.
 */
const UNWATCHED = { requireManualDestroy: true };

/**
 * Returns the result of a body, so that work that the result starts later also runs in the scope.
 * An Observable works when it is subscribed to, an iterator when it is advanced, a query builder
 * when it is awaited: all long after the body has returned. A promise already runs in the scope,
 * but may resolve to one of these. Call it inside the scope.
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
 * Runs the work of one call's result in the complete asynchronous context of that call: the scope,
 * and the data of other libraries (nestjs-cls, tracing). The reader's handling of the result runs
 * in the context of the reader.
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

  /**
   * Replaces the steps of an iterator. The value of a step belongs to the reader and is not work
   * that has yet to start, so it is not wrapped.
   */
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
   * Subscribes the reader to the source. Values leave the scope where they are passed to the
   * reader. Otherwise an operator that starts the next work when this one completes (concatMap,
   * repeat) would start it in this scope, and one user's context would leak into the next. A hot
   * source (a Subject, a socket that another request opened) emits in the flow of the code that
   * feeds it. Therefore the operators of the stream get the scope back, and the reader gets its
   * complete context, not only its scopes.
   */
  private subscribe(source: Observable<unknown>, subscriber: Subscriber<unknown>): void {
    const reader = new AsyncResource('TrackingReader', UNWATCHED);
    const left = new Subject<void>();
    // Registered before the subscription: a reader may unsubscribe from a source that emits
    // everything synchronously.
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
