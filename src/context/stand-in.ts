import type { Observable } from 'rxjs';

/**
 * Marker for a method that calls other methods of the object, and therefore has to run on the
 * stand-in.
 */
const ON_STAND_IN = Symbol('on the stand-in');

/** Methods that replace the object's own methods, by key. */
export type Replacements = Readonly<
  Record<string | symbol, ((...args: never[]) => unknown) | typeof ON_STAND_IN | undefined>
>;

type Callable = (...args: unknown[]) => unknown;

/**
 * Creates a proxy of an object that changes only how its methods are called. A result may be more
 * than a promise or an iterator, such as a query builder or a cursor. A plain promise or generator
 * instead of it would lose its other methods.
 * @param replace creates the replacements; each is used only if the object has a method of that
 * name
 * @param call runs each method that is not replaced; always on the object, because a proxy has no
 * private fields
 */
export function standIn<Source extends object>(
  source: Source,
  replace: (self: Source) => Replacements,
  call: (method: () => unknown) => unknown = (method) => method(),
): Source {
  const replacements = (): Replacements => (made ??= replace(self));
  const wrap = (member: Callable): Callable =>
    // A proxy, not a function: a method may have properties (a mock, a class with statics).
    new Proxy(member, {
      apply: (_member, _self, args: unknown[]): unknown => {
        const given = call((): unknown => Reflect.apply(member, source, args));
        return given === source ? self : given; // a builder returns itself
      },
    });
  // keeps `query.where === query.where`, as on the object
  const wrapped = new Map<Callable, Callable>();
  let made: Replacements | undefined;
  const self: Source = new Proxy(source, {
    get: (_target, key) => {
      const member: unknown = Reflect.get(source, key);
      if (typeof member !== 'function' || key === 'constructor' || isFixed(source, key) || isClass(member)) {
        return member;
      }
      // Only own replacements: inherited methods such as toString are the object's.
      const replacement = Object.hasOwn(replacements(), key) ? replacements()[key] : undefined;
      if (replacement === ON_STAND_IN || isOfEveryIterator(key, member)) return member;
      if (replacement !== undefined) return replacement;
      const known = wrapped.get(member as Callable) ?? wrap(member as Callable);
      wrapped.set(member as Callable, known);
      return known;
    },
    // a setter may use private fields
    set: (_target, key, value) => Reflect.set(source, key, value),
  });
  return self;
}

/**
 * Creates replacements for an Observable that has methods beyond those of RxJS. Subscribers
 * subscribe to `through`, and operators are applied to the stand-in.
 */
export function streamReplacements(
  source: Observable<unknown>,
  self: Observable<unknown>,
  through: Observable<unknown>,
): Replacements {
  return {
    subscribe: (...args: unknown[]) => invoke(through, 'subscribe', args),
    ...{ pipe: ON_STAND_IN, forEach: ON_STAND_IN, toPromise: ON_STAND_IN },
    ...Object.fromEntries(OBSERVABLE.map((key) => [key, ON_STAND_IN] as const)),
    // Runs on the object, because a class may define its own `lift` that uses private fields.
    lift: (...operator: unknown[]) => {
      const lifted = invoke(source, 'lift', operator) as { source?: unknown };
      if (lifted.source === source) lifted.source = self;
      return lifted;
    },
  };
}

/**
 * Creates replacements for a thenable. `catch` and `finally` use the promise that `then` returns,
 * because the object's `catch` and `finally` would call its original `then`.
 */
export function thenReplacements(then: Callable): Replacements {
  const onDerived =
    (method: 'catch' | 'finally'): Callable =>
    (...args) => {
      let derived: Partial<Record<typeof method, Callable>> | undefined;
      const settled = new Promise((resolve, reject) => {
        const onValue: Callable = (value) => {
          resolve(value);
          return value;
        };
        const onError: Callable = (error) => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- same reason
          reject(error);
          throw error;
        };
        derived = then(onValue, onError) as typeof derived;
      });
      // The `then` of a thenable need not return a promise.
      if (typeof derived?.[method] !== 'function') return (settled[method] as Callable)(...args);
      settled.catch(() => undefined); // an unhandled rejection is reported for `derived` instead
      return Reflect.apply(derived[method], derived, args);
    };
  return { then, catch: onDerived('catch'), finally: onDerived('finally') };
}

/** Calls a method whose type is not known. */
export function invoke(source: object, key: string | symbol, args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(source, key) as Callable, source, args);
}

/**
 * Keys under which an Observable returns itself: the symbol only if it existed when RxJS was
 * loaded.
 */
const OBSERVABLE = ['@@observable', (Symbol as { observable?: symbol }).observable].filter((key) => key !== undefined);

/**
 * True for a property for which a proxy must return the original value; otherwise the engine
 * throws.
 */
function isFixed(source: object, key: string | symbol): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(source, key);
  return descriptor?.configurable === false && descriptor.writable === false;
}

/**
 * True for a class that an object holds, such as the model of a query: it is constructed and never
 * called as a method.
 */
function isClass(member: object): boolean {
  const held = Object.getOwnPropertyDescriptor(member, 'prototype');
  const prototype: unknown = held?.value;
  if (typeof prototype !== 'object' || prototype === null || !Object.hasOwn(prototype, 'constructor')) return false;
  return held?.writable === false || Reflect.ownKeys(prototype).length > 1 || isDerived(prototype);
}

function isDerived(prototype: object): boolean {
  const parent = parentOf(prototype);
  return parent !== null && parentOf(parent) !== null;
}

function parentOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}

/** %IteratorPrototype% and %AsyncIteratorPrototype%, which have no global names before Node 22. */
const EVERY_ITERATOR = [[].values(), (async function* () {})()].map((iterator) => {
  let at: object = iterator;
  for (let parent = parentOf(at); parent !== null && parent !== Object.prototype; parent = parentOf(at)) at = parent;
  return at as Record<string | symbol, unknown>;
});

/**
 * True for methods such as `map`, `take` and `[Symbol.dispose]` on engines that have them. They
 * read `this.next`, so they run on the stand-in.
 */
function isOfEveryIterator(key: string | symbol, member: unknown): boolean {
  return EVERY_ITERATOR.some((prototype) => Object.hasOwn(prototype, key) && prototype[key] === member);
}
