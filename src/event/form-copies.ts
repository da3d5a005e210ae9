/**
 * Functions for values that are already in normal form: plain JSON values and Date, shared with no
 * other object.
 */
import type { EventFields } from './tracking-event';

/**
 * Copies a value that is already in normal form. It costs half as much as a walk, because it checks
 * nothing.
 */
export function copyNormalForm<T>(value: T): T {
  return copyValue(value, isPolluted()) as T;
}

/**
 * Returns true if Object.prototype has enumerable keys, which `for in` lists for every object. A
 * test of every key took a quarter of the time of a copy.
 */
export function isPolluted(): boolean {
  for (const _ in Object.prototype) return true;
  return false;
}

function copyValue(value: unknown, testsKeys: boolean): unknown {
  return typeof value === 'object' && value !== null ? copyObject(value, testsKeys) : value;
}

function copyObject(value: object, testsKeys: boolean): unknown {
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    for (let at = 0; at < value.length; at++) copy.push(copyValue(value[at], testsKeys));
    return copy;
  }
  if (value instanceof Date) return new Date(value.getTime());
  const copy: EventFields = {};
  // Object.keys makes a list each time, and took a third longer.
  for (const key in value) {
    if (testsKeys && !Object.hasOwn(value, key)) continue;
    const field: unknown = (value as EventFields)[key];
    setField(copy, key, typeof field === 'object' && field !== null ? copyObject(field, testsKeys) : field);
  }
  return copy;
}

/** Sets all fields of an object in normal form in another one. The values are shared. */
export function setFields(fields: EventFields, added: EventFields): void {
  const testsKeys = isPolluted();
  for (const key in added) {
    if (!testsKeys || Object.hasOwn(added, key)) setField(fields, key, added[key]);
  }
}

/**
 * Returns true if a value is plain JSON and equal to a value in normal form. Returns false if
 * either contains a Date.
 * @param form in normal form
 */
export function isSameForm(value: unknown, form: unknown): boolean {
  if (typeof form !== 'object' || form === null) return value === form;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(form)) return Array.isArray(value) && areSameForms(value, form);
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.getPrototypeOf(form) !== Object.prototype)
    return false;
  let more = 0;
  for (const key in value) if (Object.prototype.hasOwnProperty.call(value, key)) more++;
  for (const key in form) {
    if (!Object.prototype.hasOwnProperty.call(form, key)) continue;
    if (!Object.prototype.hasOwnProperty.call(value, key)) return false;
    if (!isSameForm((value as EventFields)[key], (form as EventFields)[key])) return false;
    more--;
  }
  return more === 0;
}

function areSameForms(values: readonly unknown[], forms: readonly unknown[]): boolean {
  if (values.length !== forms.length) return false;
  for (let at = 0; at < forms.length; at++) if (!isSameForm(values[at], forms[at])) return false;
  return true;
}

/** The approximate length of the JSON text of a value in normal form, in characters. */
export function estimateLength(form: unknown): number {
  if (typeof form === 'string') return form.length + 2;
  if (typeof form !== 'object' || form === null) return 5;
  if (form instanceof Date) return 26;
  let length = 2;
  if (Array.isArray(form)) {
    for (let at = 0; at < form.length; at++) length += estimateLength(form[at]) + 1;
    return length;
  }
  for (const key in form) length += key.length + 4 + estimateLength((form as EventFields)[key]);
  return length;
}

/** Returns true if a value in normal form contains a Date at any depth. */
export function hasDates(form: unknown): boolean {
  if (typeof form !== 'object' || form === null) return false;
  if (form instanceof Date) return true;
  for (const key in form) if (hasDates((form as EventFields)[key])) return true;
  return false;
}

/**
 * Sets a field. A key `__proto__` becomes an ordinary field, because `copy['__proto__'] = x` would
 * replace the prototype.
 */
export function setField(fields: EventFields, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    fields[key] = value;
  }
}
