import { types } from 'node:util';
import { isObservable, Observable } from 'rxjs';

/**
 * Kind of the result of a call, by the work that it still has to do.
 *
 * - `value`: nothing; the call has ended. Also a Subject: the code that holds it feeds it, and it
 *   is returned for that purpose.
 * - `promise`: a native promise without additional members, so that a derived promise can replace
 *   it.
 * - `stream`: an Observable without additional members, so that another Observable can replace it.
 * - `lazy`: an iterator, a thenable, or a promise or Observable with additional members (a query
 *   builder, a cursor, a connectable Observable). Only the object itself can be used, so its
 *   methods are intercepted.
 */
export type ResultKind = 'value' | 'promise' | 'stream' | 'lazy';

/**
 * Returns the kind of a result. Never throws: an object that cannot be inspected, such as a revoked
 * proxy, is a `value`.
 */
export function resultKind(result: object): ResultKind {
  try {
    if (types.isPromise(result)) return isPlainPromise(result) ? 'promise' : 'lazy';
    if (isObservable(result)) return isSubject(result) ? 'value' : isPlainStream(result) ? 'stream' : 'lazy';
    return isIterator(result) || isThenable(result) ? 'lazy' : 'value';
  } catch {
    return 'value';
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/**
 * True for a sync or async generator, or an object that behaves like one. A list, a Map or a
 * readable stream is only iterable.
 */
export function isIterator(value: unknown): value is IteratorLike {
  if (typeof value !== 'object' || value === null) return false;
  const { next, [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = value as Partial<IteratorLike>;
  return typeof next === 'function' && (typeof sync === 'function' || typeof async === 'function');
}

/** A sync or async iterator: each step returns a result, or a promise of a result. */
export type IteratorLike = {
  next(...values: [] | [unknown]): unknown;
  readonly [Symbol.iterator]?: () => object;
  readonly [Symbol.asyncIterator]?: () => object;
} & { readonly [Key in 'return' | 'throw']?: (...values: [] | [unknown]) => unknown };

/**
 * True for a stream that is fed from outside: subscribing starts nothing, and its creator needs it
 * back. The result of `subject.pipe(...)` can be fed too, but runs its operator when it is
 * subscribed to.
 */
function isSubject(stream: Observable<unknown>): boolean {
  return 'next' in stream && (stream as { operator?: unknown }).operator === undefined;
}

const OWN_OF_A_STREAM: ReadonlySet<string> = new Set(['source', 'operator', '_subscribe']);

/**
 * True for an Observable without additional members. An Observable from another copy of RxJS has a
 * different prototype: it is intercepted instead, which works for any Observable.
 */
function isPlainStream(stream: Observable<unknown>): boolean {
  return (
    Object.getPrototypeOf(stream) === Observable.prototype &&
    Object.keys(stream).every((key) => OWN_OF_A_STREAM.has(key))
  );
}

/**
 * True for a native promise without additional members. Node stores symbols on promises while
 * AsyncLocalStorage is in use, so only string keys count.
 */
function isPlainPromise(promise: object): boolean {
  const prototype = Object.getPrototypeOf(promise) as object | null;
  return (
    (prototype === Promise.prototype || isPromisePrototype(prototype)) &&
    Object.getOwnPropertyNames(promise).length === 0
  );
}

/**
 * True for the prototype of a Promise, also from another realm (`node:vm`, Jest): its parent is
 * that realm's Object.prototype.
 */
function isPromisePrototype(prototype: object | null): boolean {
  const below = prototype === null ? null : (Object.getPrototypeOf(prototype) as object | null);
  return below !== null && Object.getPrototypeOf(below) === null;
}
