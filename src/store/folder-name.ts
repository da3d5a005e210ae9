import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';

/**
 * Names of folders that belong to this package. Anything else in the directory is never touched.
 */
export const OUR_NAME = /^tracking-[0-9a-f]{24}$/;
/** Suffix of a folder that is not ready to be adopted. */
export const IN_THE_MAKING = '.new';

const PREFIX = 'tracking-';
const TIME_DIGITS = 12;
/** Prefix of names whose time is between 2004 and 2039. */
const WITH_TIME = /^tracking-01[0-9a-f]{22}$/;

/**
 * Creates a name that begins with the time and that no other process creates.
 * @param others names in the same folder: the new name sorts after all of them, even if the clock
 * was set back
 */
export function createFolderName(others: readonly string[] = []): string {
  let now = Date.now();
  for (const name of others) {
    if (!WITH_TIME.test(name) || !OUR_NAME.test(name)) continue;
    const time = Number.parseInt(name.slice(PREFIX.length, PREFIX.length + TIME_DIGITS), 16);
    if (time >= now) now = time + 1;
  }
  const time = now.toString(16).padStart(TIME_DIGITS, '0').slice(-TIME_DIGITS);
  return `${PREFIX}${time}${randomBytes(6).toString('hex')}`;
}

/**
 * Compares the paths of two folders by age, oldest first. The random names of earlier versions sort
 * before all others; one in 256 of them is mistaken for a time.
 */
export function compareByAge(one: string, other: string): number {
  const [a, b] = [ageKey(one), ageKey(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function ageKey(path: string): string {
  const name = basename(path);
  return WITH_TIME.test(name) ? `1${name}` : `0${name}`;
}
