import { nameDistance } from '../common/nearest-name';
import { cut } from '../common/printable';
import { MAX_PATH_LENGTH } from './shown-paths';
import type { Violation } from './violation';

/**
 * Maximum length of a key that is compared with declared names. The comparison takes time
 * proportional to the product of both lengths, and only short keys are likely misspellings.
 */
const MAX_KEY_LENGTH = 40;
const MAX_NAMES = 100;
const MAX_DISTANCE = 2;

/**
 * Creates the violation of an undeclared field. The key is never shown, but a similar declared name
 * is.
 * @param path displayed path of the field
 * @param key key in the event; undefined to search for no similar name
 * @param declared names declared at the same place
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
