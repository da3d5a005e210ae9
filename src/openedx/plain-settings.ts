/**
 * Copies settings once, within limits, so that all other code reads the copy. Settings come from
 * JSON, from YAML with anchors, or from an object in code. They may contain themselves, have
 * getters that throw, or double their size on each of forty levels. Such settings must cause a
 * configuration error, and not a stack overflow, another kind of error, or a start that never ends.
 */
import { types } from 'node:util';
import { describeError } from '../event/normal-form';
import type { ConfigError } from '../common/tracking-config.exception';
import { at, atUnknown } from './setting-path';

export type Mapping = Readonly<Record<string, unknown>>;

/** Keys of every node. Error messages about unreadable keys may show these. */
const STRUCTURE = ['ENGINE', 'OPTIONS'];
/**
 * Maximum nesting. A node takes three or four levels, so this allows about fifty nodes inside each
 * other, far more than real settings need.
 */
const MAX_DEPTH = 200;
/**
 * Maximum number of values. Enough for ten thousand nodes, or for all event names of all courses;
 * larger settings multiply themselves.
 */
const MAX_VALUES = 200_000;

/**
 * Copies lists and objects. Sets become lists, and undefined values are left out. All other values
 * (functions, instances of classes) are kept unchanged for engines of the application.
 * @returns undefined, and adds an error, if the value cannot be read completely
 */
export function plainSettings(value: unknown, path: string, errors: ConfigError[]): unknown {
  try {
    return new Copier().copy(value, path, []);
  } catch (error) {
    errors.push(
      error instanceof UnreadableSettings
        ? error.reported
        : { path, what: `it cannot be read: ${describeError(error)}.`, fix: 'use plain lists and objects' },
    );
    return undefined;
  }
}

/**
 * True for a plain object.
 * @param value a part of the result of `plainSettings`
 */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && hasRootPrototype(value);
}

/**
 * True for a list. Checks the type first, because a function may be a revoked proxy, for which
 * Array.isArray throws.
 * @param value a part of the result of `plainSettings`
 */
export function isList(value: unknown): value is readonly unknown[] {
  return typeof value === 'object' && Array.isArray(value);
}

/** True for a plain object, including one from another realm with a different Object.prototype. */
function hasRootPrototype(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

class UnreadableSettings extends Error {
  constructor(readonly reported: ConfigError) {
    super(reported.what);
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
    // fromEntries defines properties, so that the key "__proto__" is treated like any other.
    return Object.fromEntries(entries);
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
  throw new UnreadableSettings({ path, what, fix: 'use plain lists and objects, as in JSON' });
}
