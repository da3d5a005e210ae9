/** Tests for kinds of values, for options and documents that may hold anything. */

/** True for an object that is not a list. Functions are not objects here. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isFunction(value: unknown): value is (...args: never[]) => unknown {
  return typeof value === 'function';
}

/** True for a string that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** True for a list, a set or another iterable. A string iterates as a list of characters. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** True if `value` has a method of this name. */
export function hasMethod(value: unknown, name: string): boolean {
  return isFunction((value as Readonly<Record<string, unknown>> | null | undefined)?.[name]);
}

export function isAsyncFunction(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AsyncFunction]';
}
