/**
 * Whoever may write into the directory of the disk queue can put a folder there that is taken for an orphan, or a link in its
 * place. So links are not followed, and where others may write, their folders are not adopted.
 */
import { lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Why what is in the directory of an owned folder may be the work of another user; undefined if it cannot be. Looks at the
 * directory and at the one above it.
 * @param folder one that this process has made: its owner is the user of this process, whatever a container maps it to
 */
export async function distrustOf(folder: string): Promise<string | undefined> {
  if (process.geteuid === undefined) return undefined; // a system without owners and permissions of this kind
  const { uid } = await lstat(folder);
  const directory = dirname(folder);
  // With the sticky bit, as /tmp has it, no user can replace the directory of another in it.
  return (await distrust(directory, uid, 0o002)) ?? (await distrust(dirname(directory), uid, 0o1002));
}

/** @param bits of which the lowest alone is distrusted */
async function distrust(directory: string, ownUid: number, bits: number): Promise<string | undefined> {
  const { uid, mode } = await stat(directory);
  const fix = `Fix: name a directory that belongs to the user of this process`;
  if (uid !== ownUid && uid !== 0) {
    return `the delivery directory ${directory} belongs to another user (uid ${String(uid)}), who can read and replace events. ${fix}.`;
  }
  if ((mode & bits) !== 0o002) return undefined;
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return (
    `the delivery directory ${directory} can be written by every user of this machine (mode ${octal}), who can add and replace events. ` +
    `${fix}, or take the permission away: chmod o-w ${directory}`
  );
}

/** Whether it is a folder and not a link to one. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Whether two folders belong to one user. */
export async function haveOneOwner(folder: string, other: string): Promise<boolean> {
  try {
    return (await lstat(folder)).uid === (await lstat(other)).uid;
  } catch {
    return false;
  }
}
