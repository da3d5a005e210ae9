import { types } from 'node:util';
import { isObservable, Observable } from 'rxjs';

/**
 * What the result of a call still has to do.
 *
 * - `value`: nothing; the call is over. Also a Subject, which is fed by the code that holds it and is returned for that.
 * - `promise`: a native promise with nothing of its own, which a promise derived from it can stand in for.
 * - `stream`: an Observable with nothing of its own, which another Observable can stand in for.
 * - `lazy`: an iterator, a thenable, or a promise or Observable with members of its own (a query builder, a cursor, a
 *   connectable Observable). Only the object itself can stand in for it, so its methods are intercepted.
 */
export type ResultKind = 'value' | 'promise' | 'stream' | 'lazy';

/** Never throws: an object that cannot be inspected, such as a revoked proxy, is a `value`. */
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

/** A generator of either sort, or an object that behaves like one. A list, a Map or a readable stream is iterable only. */
export function isIterator(value: unknown): value is IteratorLike {
  if (typeof value !== 'object' || value === null) return false;
  const { next, [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = value as Partial<IteratorLike>;
  return typeof next === 'function' && (typeof sync === 'function' || typeof async === 'function');
}

/** An iterator, or an async one: each step gives a result or a promise of one. */
export type IteratorLike = {
  next(...values: [] | [unknown]): unknown;
  readonly [Symbol.iterator]?: () => object;
  readonly [Symbol.asyncIterator]?: () => object;
} & { readonly [Key in 'return' | 'throw']?: (...values: [] | [unknown]) => unknown };

/**
 * True for what is fed from outside: nothing starts when it is subscribed, and its maker wants it back. The result of
 * `subject.pipe(...)` can be fed as well, but does what its operator does when it is subscribed.
 */
function isSubject(stream: Observable<unknown>): boolean {
  return 'next' in stream && (stream as { operator?: unknown }).operator === undefined;
}

const OWN_OF_A_STREAM: ReadonlySet<string> = new Set(['source', 'operator', '_subscribe']);

/** Of another copy of RxJS the prototype is another one, and then the Observable is intercepted, which works for any. */
function isPlainStream(stream: Observable<unknown>): boolean {
  return (
    Object.getPrototypeOf(stream) === Observable.prototype &&
    Object.keys(stream).every((key) => OWN_OF_A_STREAM.has(key))
  );
}

/** Node keeps symbols on promises while AsyncLocalStorage is in use, so only names count as members. */
function isPlainPromise(promise: object): boolean {
  const prototype = Object.getPrototypeOf(promise) as object | null;
  return (
    (prototype === Promise.prototype || isPromisePrototype(prototype)) &&
    Object.getOwnPropertyNames(promise).length === 0
  );
}

/** Of another realm (`node:vm`, Jest): the prototype of its Promise stands right below that of its Object. */
function isPromisePrototype(prototype: object | null): boolean {
  const below = prototype === null ? null : (Object.getPrototypeOf(prototype) as object | null);
  return below !== null && Object.getPrototypeOf(below) === null;
}
