import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Limit for the address of a Unix socket. It has 108 bytes on Linux and 104 on macOS, including the
 * terminating zero.
 */
const MAX_ADDRESS_BYTES = 100;

/** Path of a folder that is short enough for the address of a socket. */
export interface ShortPath {
  readonly path: string;
  /**
   * True if the path refers to this folder until it is released. A link may be released as soon as
   * it was used.
   */
  readonly isBound: boolean;
  /** Releases the descriptor or the link. Never throws. */
  release(): void;
}

/**
 * Finds a path by which a socket in the folder can be addressed: the path of the folder if it is
 * short enough; on Linux the path of a descriptor, which needs no writable directory; otherwise a
 * link in the directory for temporary files.
 * @param name name of the socket
 * @throws the error of the system
 */
export function shortPathOf(folder: string, name: string): ShortPath {
  if (Buffer.byteLength(join(folder, name)) <= MAX_ADDRESS_BYTES) {
    return { path: folder, isBound: true, release: () => undefined };
  }
  return ofDescriptor(folder) ?? ofLink(folder);
}

function ofDescriptor(folder: string): ShortPath | undefined {
  if (process.platform !== 'linux') return undefined;
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const path = `/proc/self/fd/${String(fd)}`;
  const release = (): void => {
    closeSync(fd);
  };
  if (isSameFile(path, fd)) return { path, isBound: true, release };
  release();
  return undefined;
}

/**
 * True if the path leads to the file of the descriptor. /proc may be missing in a container, or
 * belong to another namespace.
 */
function isSameFile(path: string, fd: number): boolean {
  try {
    const [found, wanted] = [statSync(path), fstatSync(fd)];
    return found.ino === wanted.ino && found.dev === wanted.dev;
  } catch {
    return false;
  }
}

function ofLink(folder: string): ShortPath {
  const path = join(tmpdir(), `tracking-${randomBytes(8).toString('hex')}`);
  symlinkSync(folder, path, 'dir');
  const release = (): void => {
    try {
      unlinkSync(path);
    } catch {
      // The link is harmless: it leads nowhere once the folder is gone.
    }
  };
  return { path, isBound: false, release };
}
