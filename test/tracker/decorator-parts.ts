export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** A decorator of another library: it replaces the method and copies nothing of it. */
export const around =
  (wrap: (method: AnyFunction) => AnyFunction): MethodDecorator =>
  (_target, _key, descriptor) => {
    descriptor.value = wrap(descriptor.value as AnyFunction) as never;
  };

export const Cached = (): MethodDecorator =>
  around((method) => {
    const known = new Map<string, unknown>();
    return function (...args) {
      const key = String(args);
      if (!known.has(key)) known.set(key, method.apply(this, args));
      return known.get(key);
    };
  });

/** As those of Nest do: it keeps what was on the method. */
export const Copying = (): MethodDecorator =>
  around((method) => {
    const copy: AnyFunction = function (...args) {
      return method.apply(this, args);
    };
    for (const key of Reflect.ownKeys(method)) {
      const descriptor = Object.getOwnPropertyDescriptor(method, key)!;
      if (descriptor.configurable === true) Object.defineProperty(copy, key, descriptor);
    }
    for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
      Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), copy);
    }
    return copy;
  });
