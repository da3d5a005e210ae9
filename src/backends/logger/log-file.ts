/**
 * Opens the file of a log, creates it and its folders with the right permissions, and names the fix
 * when it cannot be opened.
 */
import { constants, mkdirSync, openSync, statSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';

// O_NONBLOCK: opening a named pipe without a reader would block the whole process. On a file the
// flag has no effect.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/**
 * Opens a file to append to it, without waiting. Creates the file with `mode` if it is missing, and
 * missing folders with the same permissions plus the right to enter them for everyone who may read.
 * The umask of the process reduces both. Existing files and folders keep their permissions.
 * @returns the descriptor
 * @throws the error of the system
 */
export function openForAppending(path: string, mode: number): number {
  try {
    return openSync(path, FLAGS, mode);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    makeFolder(dirname(path), mode | ((mode & 0o444) >> 2));
    return openSync(path, FLAGS, mode);
  }
}

/** Returns the stats of the path; undefined if it does not exist or cannot be read. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/**
 * Creates folders level by level: with `recursive`, Node never returns if a folder exists in which
 * none can be created, such as /proc.
 */
function makeFolder(path: string, mode: number): void {
  if (statOf(path) !== undefined) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent, mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // another process created it in the meantime
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Returns the fix for the operator. */
export function fixFor(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'free the disk';
    case 'ENXIO':
    case 'EPIPE':
      return 'start the process that reads from this pipe';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'give the process the right to write there, or another path';
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ENOENT':
      return 'give the path of a file in a directory that can be made';
    default:
      return 'see the error';
  }
}
