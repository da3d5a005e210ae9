/**
 * Anyone who may write into the directory of the disk queue can put a folder there that looks like
 * an orphan, or replace a folder by a link. Therefore links are not followed, and if other users
 * may write into the directory, their folders are not adopted.
 */
import { lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Returns the reason why the content of an owned folder's directory may come from another user;
 * undefined if it cannot. Checks the directory and its parent.
 * @param folder a folder that this process has created: its owner is the user of this process,
 * whatever uid a container maps it to
 */
export async function distrustOf(folder: string): Promise<string | undefined> {
  // a system without Unix owners and permissions
  if (process.geteuid === undefined) return undefined;
  const { uid } = await lstat(folder);
  const directory = dirname(folder);
  // With the sticky bit (as in /tmp), no user can replace another user's directory in it.
  return (await distrust(directory, uid, 0o002)) ?? (await distrust(dirname(directory), uid, 0o1002));
}

/**
 * @param bits mode bits to look at; the directory is distrusted if only the lowest of them (0o002)
 * is set
 */
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

/** True if the path is a folder and not a link to one. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** True if both folders belong to the same user. */
export async function haveOneOwner(folder: string, other: string): Promise<boolean> {
  try {
    return (await lstat(folder)).uid === (await lstat(other)).uid;
  } catch {
    return false;
  }
}
