import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder and its missing parents, readable only by their owner.
 *
 * The `recursive` option of Node reports ENOENT if the disk is full or has no inodes left (ENOSPC),
 * so an operator would look for a missing folder. This function throws the system's error for the
 * level that could not be created.
 *
 * @param root the topmost folder that is not created if it is missing: its absence is then the
 * error. @default none
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
