/** What a log file ends with, read through a descriptor of its own: the one that writes cannot read. */
import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { pause } from './write-some';

const NEWLINE = 0x0a;
/** A write of another process becomes visible page by page; one that is under way is over within this. */
const SETTLING_MS = 5;
const MAX_LOOKS = 10;

/**
 * True if the last line of a file has no newline.
 * @param isExpected tells whether what is opened under the path is the file that is meant; another one is not looked at
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

/** The size of a file if `bytes` are the last in it. @param isExpected as for `endsInFragment` */
export function sizeIfEndsWith(
  path: string,
  bytes: Buffer,
  isExpected: (file: BigIntStats) => boolean,
): number | undefined {
  return withFile(path, isExpected, (fd, size) =>
    size >= bytes.length && readAt(fd, size - bytes.length, bytes.length).equals(bytes) ? size : undefined,
  );
}

/** @returns undefined also if the file cannot be read */
function withFile<T>(
  path: string,
  isExpected: (file: BigIntStats) => boolean,
  read: (fd: number, size: number) => T,
): T | undefined {
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK, a named pipe that has taken the place of the file would stop this thread.
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
