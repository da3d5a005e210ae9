/** Opens the file of a log, makes it and its folders with the right permissions, and says what to do when it cannot be opened. */
import { constants, mkdirSync, openSync, statSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';

// Without O_NONBLOCK, opening a named pipe that nobody reads stops the whole process. On a file the flag has no effect.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/**
 * Opens a file to append to it, without waiting. What is missing is made: the file with `mode`, its folders with the same permissions and the right
 * to enter them for everyone who may read. The umask of the process takes away from both. What is there keeps its permissions.
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

/** What is at the path; undefined if nothing is, or if it cannot be read. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/** Level by level: with `recursive`, Node never returns from where a folder is there and none can be made in it, such as /proc. */
function makeFolder(path: string, mode: number): void {
  if (statOf(path) !== undefined) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent, mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // another process has made it meanwhile
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** What an operator can do about it. */
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
