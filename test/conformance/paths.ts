/**
 * `set`, `delete` and `mutate` name a place by the keys that lead to it. The reference fails at a
 * place that is not there, at a text key of a list and at anything that holds nothing; JavaScript
 * would let much of that pass in silence, and a case that tests a failing processor would test a
 * working one. So whatever the reference refuses throws here.
 */
import { isMapping, mapValues } from './values';

export type Path = readonly (string | number)[];
type Container = Record<string | number, unknown>;

export function setAt(root: unknown, path: Path, value: unknown): void {
  const { container, key } = locate(root, path);
  if (container instanceof Map) {
    container.set(key, value);
    return;
  }
  if (Array.isArray(container)) elementOf(container, key);
  // Assigned, `__proto__` would change the prototype and leave no key.
  if (key === '__proto__')
    Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
  else (container as Container)[key] = value;
}

export function deleteAt(root: unknown, path: Path): void {
  const { container, key } = locate(root, path);
  valueIn(container, key);
  if (container instanceof Map) container.delete(key);
  else if (Array.isArray(container)) container.splice(Number(key), 1);
  else Reflect.deleteProperty(container as object, key);
}

function locate(root: unknown, path: Path): { container: unknown; key: string | number } {
  const key = path.at(-1);
  if (key === undefined) throw new TypeError('an empty path leads nowhere');
  const container = path.slice(0, -1).reduce<unknown>(valueIn, root);
  if (typeof container !== 'object' || container === null || container instanceof Date)
    throw new TypeError(`nothing can be set in ${typeof container}`);
  return { container, key };
}

function valueIn(container: unknown, key: string | number): unknown {
  if (Array.isArray(container)) return elementOf(container, key);
  if (container instanceof Map && container.has(key)) return container.get(key);
  if (typeof container === 'object' && container !== null && Object.hasOwn(container, key))
    return (container as Container)[key];
  throw new TypeError(`there is no ${String(key)}`);
}

function elementOf(list: readonly unknown[], key: string | number): unknown {
  if (typeof key !== 'number' || !(key in list)) throw new TypeError(`there is no element ${String(key)}`);
  return list[key];
}

/**
 * A deep copy of an event. Not structuredClone: under jest its Dates are of another realm, and no
 * Date of the test.
 */
export function copyOf<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (value instanceof Date) return new Date(value);
  if (Array.isArray(value)) return value.map(copied);
  return isMapping(value) ? mapValues(value, copied) : value;
}
