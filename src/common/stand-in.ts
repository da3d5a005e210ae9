import type { Observable } from 'rxjs';

/** For a method that calls others of the object, and so has to run on the stand-in. */
const ON_STAND_IN = Symbol('on the stand-in');

/** Methods that an object has in place of its own. */
export type Replacements = Readonly<
  Record<string | symbol, ((...args: never[]) => unknown) | typeof ON_STAND_IN | undefined>
>;

type Callable = (...args: unknown[]) => unknown;

/**
 * The object itself, except for how its methods are called. A result may be more than a promise or an iterator: a query
 * builder, a cursor. A plain promise or generator in its place would take its other methods away from the caller.
 * @param replace makes the replacements; each is used only if the object has a method of that name
 * @param call runs each method that is not replaced; always on the object, because a proxy has no private fields
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
  const wrapped = new Map<Callable, Callable>(); // `query.where === query.where`, as on the object
  let made: Replacements | undefined;
  const self: Source = new Proxy(source, {
    get: (_target, key) => {
      const member: unknown = Reflect.get(source, key);
      if (typeof member !== 'function' || key === 'constructor' || isFixed(source, key) || isClass(member)) {
        return member;
      }
      // Own ones only: what every object has, such as toString, is the object's.
      const replacement = Object.hasOwn(replacements(), key) ? replacements()[key] : undefined;
      if (replacement === ON_STAND_IN || isOfEveryIterator(key, member)) return member;
      if (replacement !== undefined) return replacement;
      const known = wrapped.get(member as Callable) ?? wrap(member as Callable);
      wrapped.set(member as Callable, known);
      return known;
    },
    set: (_target, key, value) => Reflect.set(source, key, value), // a setter may use private fields
  });
  return self;
}

/**
 * Replacements for an Observable that has methods of its own: whatever subscribes to it subscribes to `through`, and
 * operators are applied to the stand-in.
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
    // On the object, because a class may have one of its own, and use private fields there.
    lift: (...operator: unknown[]) => {
      const lifted = invoke(source, 'lift', operator) as { source?: unknown };
      if (lifted.source === source) lifted.source = self;
      return lifted;
    },
  };
}

/**
 * Replacements for what is awaited: `catch` and `finally` are those of the promise that `then` gives, because the object's
 * own would call its own `then`.
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
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the very reason, whatever it is
          reject(error);
          throw error;
        };
        derived = then(onValue, onError) as typeof derived;
      });
      // A thenable need not give a promise.
      if (typeof derived?.[method] !== 'function') return (settled[method] as Callable)(...args);
      settled.catch(() => undefined); // the rejection is reported of `derived`, if nobody handles that
      return Reflect.apply(derived[method], derived, args);
    };
  return { then, catch: onDerived('catch'), finally: onDerived('finally') };
}

/** Calls a method whose type is not known. */
export function invoke(source: object, key: string | symbol, args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(source, key) as Callable, source, args);
}

/** Under which an Observable gives itself: the symbol if it was there when RxJS was loaded. */
const OBSERVABLE = ['@@observable', (Symbol as { observable?: symbol }).observable].filter((key) => key !== undefined);

/** Of such a property a proxy must give the very value, or the engine throws. */
function isFixed(source: object, key: string | symbol): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(source, key);
  return descriptor?.configurable === false && descriptor.writable === false;
}

/** True for a class that an object holds, such as the model of a query: it is constructed, and never a method. */
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

/** %IteratorPrototype% and %AsyncIteratorPrototype%, which have no names of their own before Node 22. */
const EVERY_ITERATOR = [[].values(), (async function* () {})()].map((iterator) => {
  let at: object = iterator;
  for (let parent = parentOf(at); parent !== null && parent !== Object.prototype; parent = parentOf(at)) at = parent;
  return at as Record<string | symbol, unknown>;
});

/** `map`, `take`, `[Symbol.dispose]`, on engines that have them: they read `this.next`, so they run on the stand-in. */
function isOfEveryIterator(key: string | symbol, member: unknown): boolean {
  return EVERY_ITERATOR.some((prototype) => Object.hasOwn(prototype, key) && prototype[key] === member);
}
