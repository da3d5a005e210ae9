/**
 * What every function has of its own. Anything else was put there by a decorator or a framework.
 */
const OWN_OF_A_FUNCTION: ReadonlySet<string | symbol> = new Set(['name', 'length', 'prototype', 'arguments', 'caller']);

/**
 * Gives a wrapper what can be seen of the function in it: length, properties, metadata. A
 * guard, a pipe or a route that looks at them must find what it would find without the wrapper, or
 * it stops protecting.
 */
export function imitate(original: object, wrapper: object): void {
  for (const key of Reflect.ownKeys(original)) if (!OWN_OF_A_FUNCTION.has(key)) copyProperty(original, wrapper, key);
  copyProperty(original, wrapper, 'length');
  for (const key of Reflect.getOwnMetadataKeys(original) as unknown[])
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), wrapper);
}

export function copyProperty(from: object, to: object, key: string | symbol): void {
  const descriptor = Object.getOwnPropertyDescriptor(from, key);
  if (descriptor !== undefined) Object.defineProperty(to, key, descriptor);
}
