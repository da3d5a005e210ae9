import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';

/** Only folders of such a name are ours: whatever else is in a directory is never touched. */
export const OUR_NAME = /^tracking-[0-9a-f]{24}$/;
/** Ends the name of a folder that is not ready to be adopted. */
export const IN_THE_MAKING = '.new';

const PREFIX = 'tracking-';
const TIME_DIGITS = 12;
/** Times from 2004 to 2039 begin so. */
const WITH_TIME = /^tracking-01[0-9a-f]{22}$/;

/**
 * A name that begins with the time, and that no other process makes.
 * @param others names in the same folder: the new one is younger than all, though the clock was set back
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
 * Compares the paths of two folders: the one made first comes first. The random names of earlier versions come before all
 * others; one in 256 of them is taken for a time.
 */
export function compareByAge(one: string, other: string): number {
  const [a, b] = [ageKey(one), ageKey(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function ageKey(path: string): string {
  const name = basename(path);
  return WITH_TIME.test(name) ? `1${name}` : `0${name}`;
}
