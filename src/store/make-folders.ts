import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and the missing ones above it, readable by their owner only.
 *
 * Node's own `recursive` reports ENOENT where the disk is full or has no inodes left (ENOSPC), which sends an operator to
 * look for a missing folder. This one throws what the system said of the level that could not be made.
 *
 * @param root the topmost folder that may be missing but is not made: then its absence is the error. @default none
 */
export function makeFolders(path: string, root?: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
      throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR' });
    }
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || parent === root) throw error;
    makeFolders(parent, root);
    makeFolders(path, root);
  }
}
