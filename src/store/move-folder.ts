import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Moves a folder to a path that does not exist yet, with one rename() if the file system supports
 * that.
 *
 * An overlay file system refuses to rename a folder of a lower layer (EXDEV). In that case the
 * files are moved one by one. Processes that do this at the same time get different files, and a
 * segment and its marks may end up in different processes: its events are then sent again, under
 * the same ids. Files that a failed call has already moved stay at the new path, and the next call
 * continues.
 * @throws Error of the file system; ENOENT if another process has taken the folder
 */
export async function moveFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    await moveFiles(from, to);
  }
}

async function moveFiles(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true });
  await mkdir(to, { mode: 0o700 }).catch(ignoring('EEXIST'));
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const moved = entry.isDirectory() ? moveFiles(source, target) : rename(source, target);
    await moved.catch(ignoring('ENOENT')); // another process has moved it
  }
  await rmdir(from).catch(ignoring('ENOENT', 'ENOTEMPTY'));
}

function ignoring(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  };
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
