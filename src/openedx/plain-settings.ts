/**
 * Settings come from JSON, from YAML with its anchors, or from an object that somebody wrote: one that holds itself, or has
 * getters that throw, or holds itself twice in each of forty layers, must end as a fault and not as a stack overflow, an error
 * of another kind, or a start that never ends. So settings are copied once, within bounds, and everybody else reads the copy.
 */
import { types } from 'node:util';
import { describeError } from '../event/normal-form';
import type { ConfigFault } from '../common/tracking-config.exception';
import { at, atUnknown } from './setting-path';

export type Mapping = Readonly<Record<string, unknown>>;

/** Keys of every node: they are shown where it is said which of them cannot be read. */
const STRUCTURE = ['ENGINE', 'OPTIONS'];
/** A node takes three or four levels, so about fifty nodes stand one inside the other: no honest settings do. */
const MAX_DEPTH = 200;
/** Ten thousand nodes, or all event names of all courses; beyond it something multiplies. */
const MAX_VALUES = 200_000;

/**
 * A copy of lists and mappings, with sets as lists and without what is undefined. Whatever else there is (functions, instances
 * of classes) stays what it is, for engines of the application.
 * @returns undefined, with a fault, if it cannot be read to the end
 */
export function plainSettings(value: unknown, path: string, faults: ConfigFault[]): unknown {
  try {
    return new Copier().copy(value, path, []);
  } catch (error) {
    faults.push(
      error instanceof UnreadableSettings
        ? error.fault
        : { path, what: `it cannot be read: ${describeError(error)}.`, mend: 'give plain lists and objects' },
    );
    return undefined;
  }
}

/** @param value a part of what `plainSettings` gave */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && hasRootPrototype(value);
}

/**
 * A function may be a revoked proxy, which Array.isArray throws at.
 * @param value a part of what `plainSettings` gave
 */
export function isList(value: unknown): value is readonly unknown[] {
  return typeof value === 'object' && Array.isArray(value);
}

/** Also of another realm, whose Object.prototype is not ours. */
function hasRootPrototype(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

class UnreadableSettings extends Error {
  constructor(readonly fault: ConfigFault) {
    super(fault.what);
  }
}

class Copier {
  private values = 0;

  copy(value: unknown, path: string, ancestors: readonly object[]): unknown {
    if (++this.values > MAX_VALUES) refuse(path, `there are more than ${String(MAX_VALUES)} values up to here.`);
    if (typeof value !== 'object' || value === null) return value;
    if (ancestors.includes(value)) refuse(path, 'it stands inside itself, so the settings have no end.');
    if (ancestors.length === MAX_DEPTH) refuse(path, `it is nested deeper than ${String(MAX_DEPTH)} levels.`);
    const inside = [...ancestors, value];
    if (Array.isArray(value)) return this.list(value, path, inside);
    if (types.isSet(value)) return this.list([...value], path, inside);
    if (!hasRootPrototype(value)) return value;
    const entries: [string, unknown][] = [];
    for (const key of Object.keys(value)) {
      const inner = this.copy(this.read(value as Mapping, key, path), atUnknown(path, key, STRUCTURE), inside);
      if (inner !== undefined) entries.push([key, inner]);
    }
    return Object.fromEntries(entries); // defines, so that a key "__proto__" is a key like any other
  }

  private list(value: readonly unknown[], path: string, inside: readonly object[]): unknown[] {
    const copy: unknown[] = [];
    for (let index = 0; index < value.length; index++) copy.push(this.copy(value[index], at(path, index), inside));
    return copy;
  }

  private read(value: Mapping, key: string, path: string): unknown {
    try {
      return value[key];
    } catch (error) {
      return refuse(atUnknown(path, key, STRUCTURE), `it cannot be read: ${describeError(error)}.`);
    }
  }
}

function refuse(path: string, what: string): never {
  throw new UnreadableSettings({ path, what, mend: 'give plain lists and objects, as JSON would hold them' });
}
