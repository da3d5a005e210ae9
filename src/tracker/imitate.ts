/** Own properties of every function. A decorator or a framework added any other property. */
const OWN_OF_A_FUNCTION: ReadonlySet<string | symbol> = new Set(['name', 'length', 'prototype', 'arguments', 'caller']);

/**
 * Copies the length, properties and metadata of a function to its wrapper. A guard, a pipe or a
 * route must find the same values with and without the wrapper, or it stops protecting.
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
