/**
 * What a method gives back may be more than a promise or an iterator: a query builder, a cursor. Whoever puts a plain promise or
 * generator in its place takes its other methods away from the caller. So only the methods that are observed are replaced.
 */
export type Replacements = Readonly<Record<string | symbol, ((...args: never[]) => unknown) | undefined>>;

/** The object itself but for some of its methods. All others run on the object: a proxy has no private fields. */
export function standIn<Source extends object>(source: Source, replacements: Replacements): Source {
  const proxy: Source = new Proxy(source, {
    get: (_target, key) => {
      const member: unknown = Reflect.get(source, key);
      if (typeof member !== 'function' || key === 'constructor' || isFixed(source, key)) return member;
      return (
        replacements[key] ??
        ((...args: unknown[]): unknown => {
          const given: unknown = Reflect.apply(member, source, args);
          return given === source ? proxy : given; // a builder gives back itself
        })
      );
    },
  });
  return proxy;
}

/** Of such a property a proxy must give the very value, or the engine throws. */
function isFixed(source: object, key: string | symbol): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(source, key);
  return descriptor?.configurable === false && descriptor.writable === false;
}
