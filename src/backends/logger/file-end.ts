/** Reads the end of a log file through a separate descriptor: the one that writes cannot read. */
import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { pause } from './write-some';

const NEWLINE = 0x0a;
/**
 * Pause in milliseconds between two looks at the size. A write of another process becomes visible
 * page by page; if the size does not change within this time, the write is over.
 */
const SETTLING_MS = 5;
const MAX_LOOKS = 10;

/**
 * True if the last line of a file has no newline.
 * @param isExpected true if the file opened by the path is the intended one; another file is not
 *   read
 */
export function endsInFragment(path: string, isExpected: (file: BigIntStats) => boolean): boolean {
  return (
    withFile(path, isExpected, (fd, size) => {
      for (let end = size, look = 1; ; look++) {
        if (end === 0 || readAt(fd, end - 1, 1)[0] === NEWLINE) return false;
        pause(SETTLING_MS);
        const before = end;
        end = fstatSync(fd).size;
        if (end === before || look === MAX_LOOKS) return true;
      }
    }) ?? false
  );
}

/** Returns the size of a file if it ends with `bytes`. @param isExpected as for `endsInFragment` */
export function sizeIfEndsWith(
  path: string,
  bytes: Buffer,
  isExpected: (file: BigIntStats) => boolean,
): number | undefined {
  return withFile(path, isExpected, (fd, size) =>
    size >= bytes.length && readAt(fd, size - bytes.length, bytes.length).equals(bytes) ? size : undefined,
  );
}

/** @returns the result of `read`; undefined if it is not the expected file, or cannot be read */
function withFile<T>(
  path: string,
  isExpected: (file: BigIntStats) => boolean,
  read: (fd: number, size: number) => T,
): T | undefined {
  let fd: number | undefined;
  try {
    // O_NONBLOCK: a named pipe that has replaced the file would block this thread.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd, { bigint: true });
    return isExpected(stats) ? read(fd, Number(stats.size)) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function readAt(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, from));
}
