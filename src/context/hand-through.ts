import { isObservable, Observable, Subject, takeUntil } from 'rxjs';
import { standIn } from './stand-in';

/** Runs code in the scope again. */
export type Inside = <T>(code: () => T) => T;

/** How code gets into a scope, and out of it again. */
export interface ScopeFlow {
  readonly inside: Inside;
  /** Runs code in whatever scope is open where this is called, from wherever that code is run later. */
  readonly here: () => Inside;
}

/**
 * A body may give back work that has not begun: an Observable does it when it is subscribed, an async iterator when it is
 * advanced, both long after the body has returned. They are handed through so that this work runs in the scope as well.
 * A promise needs nothing: what it runs was begun inside. Any other thenable is handed through as it is: a query builder has
 * methods that a promise in its place would lack.
 */
export function handThrough<Result>(result: Result, flow: ScopeFlow): Result {
  try {
    if (isObservable(result)) return isSubject(result) ? result : (scopedStream(result, flow) as Result);
    return isAsyncIterator(result) ? scopedIterator(result, flow.inside) : result;
  } catch {
    return result; // it cannot even be looked at, a revoked proxy say: that is its reader's business
  }
}

/**
 * Is fed by whoever holds it: nothing begins when it is subscribed, and its maker wants it back. What `subject.pipe(...)` gives
 * can be fed as well, but does what its operator does when it is subscribed.
 */
function isSubject(stream: Observable<unknown>): boolean {
  return 'next' in stream && (stream as { operator?: unknown }).operator === undefined;
}

/** An async generator, or what behaves like one; not a readable stream, which is iterable but no iterator. */
export function isAsyncIterator(value: unknown): value is AsyncIterableIterator<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { next, [Symbol.asyncIterator]: iterator } = value as { next?: unknown; [Symbol.asyncIterator]?: unknown };
  return typeof next === 'function' && typeof iterator === 'function';
}

/**
 * Values leave the scope where they are given to the reader: an operator that begins the next piece of work when this one is
 * complete (concatMap, repeat) would otherwise begin it in here, and one user's context would pass to the next.
 */
function scopedStream(source: Observable<unknown>, { inside, here }: ScopeFlow): Observable<unknown> {
  return new Observable((subscriber) => {
    const outside = here();
    const left = new Subject<void>();
    // Before it is subscribed: a reader may have enough of a source that gives everything at once.
    subscriber.add(() => {
      inside(() => {
        left.next();
      });
    });
    inside(() =>
      source.pipe(takeUntil(left)).subscribe({
        next: (value) => {
          outside(() => {
            subscriber.next(value);
          });
        },
        error: (error: unknown) => {
          outside(() => {
            subscriber.error(error);
          });
        },
        complete: () => {
          outside(() => {
            subscriber.complete();
          });
        },
      }),
    );
  });
}

/** The iterator itself, every method of which runs in the scope: a database cursor has more of them than an iterator needs. */
function scopedIterator<Source extends object>(source: Source, inside: Inside): Source {
  return standIn(source, {}, (method) => {
    const given = inside(method);
    return given !== source && isAsyncIterator(given) ? scopedIterator(given, inside) : given;
  });
}
