import { nameDistance } from '../common/nearest-name';
import { cut } from '../common/printable';
import { MAX_PATH_LENGTH } from './shown-paths';
import type { Violation } from './violation';

/** The distance of two names costs the product of their lengths: so it is looked for only where a typing error is likely. */
const MAX_KEY_LENGTH = 40;
const MAX_NAMES = 100;
const MAX_DISTANCE = 2;

/**
 * A field that nothing declares. Its key is not shown, so a declared name that it may be a misspelling of is.
 * @param path of the field, as it is shown
 * @param key as it stands in the event; undefined if nothing is to be looked for
 * @param declared the names beside it that are declared
 */
export function undeclaredField(path: string, key?: string, declared: Iterable<string> = []): Violation {
  const near = key === undefined ? undefined : nearName(key, declared);
  const message = near === undefined ? 'is not declared' : `is not declared; perhaps ${JSON.stringify(near)} is meant`;
  return { kind: 'additional-property', path: cut(path, MAX_PATH_LENGTH), message };
}

function nearName(key: string, declared: Iterable<string>): string | undefined {
  if (key.length > MAX_KEY_LENGTH) return undefined;
  let left = MAX_NAMES;
  for (const name of declared) {
    if (left-- === 0) return undefined;
    if (Math.abs(name.length - key.length) > MAX_DISTANCE || name.length > MAX_KEY_LENGTH) continue;
    if (nameDistance(key, name) <= Math.min(MAX_DISTANCE, name.length / 3)) return name;
  }
  return undefined;
}
