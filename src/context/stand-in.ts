/** Methods that a stand-in has in the place of the object's own. */
export type Replacements = Readonly<Record<string | symbol, ((...args: never[]) => unknown) | undefined>>;

/**
 * The object itself, but for how its methods are called. What a method gives back may be more than a promise or an iterator:
 * a query builder, a cursor. Whoever puts a plain promise or generator in its place takes its other methods away from the caller.
 * @param call runs each method that is not replaced; always on the object, since a proxy has no private fields
 */
export function standIn<Source extends object>(
  source: Source,
  replacements: Replacements,
  call: (method: () => unknown) => unknown = (method) => method(),
): Source {
  const proxy: Source = new Proxy(source, {
    get: (_target, key) => {
      const member: unknown = Reflect.get(source, key);
      if (typeof member !== 'function' || key === 'constructor' || isFixed(source, key)) return member;
      // Own ones only: what every object has, such as toString, is the object's.
      if (Object.hasOwn(replacements, key)) return replacements[key];
      return (...args: unknown[]): unknown => {
        const given = call((): unknown => Reflect.apply(member, source, args));
        return given === source ? proxy : given; // a builder gives back itself
      };
    },
  });
  return proxy;
}

/** Of such a property a proxy must give the very value, or the engine throws. */
function isFixed(source: object, key: string | symbol): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(source, key);
  return descriptor?.configurable === false && descriptor.writable === false;
}
