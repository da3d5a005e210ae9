import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The address of a Unix socket has 108 bytes (Linux) or 104 (macOS), the zero at its end included. */
const MAX_ADDRESS_BYTES = 100;

/** A path of a folder that fits into the address of a socket. */
export interface ShortPath {
  readonly path: string;
  /** True if the path means this folder until it is released; a link may be released as soon as it was used. */
  readonly isBound: boolean;
  /** Never throws. */
  release(): void;
}

/**
 * Finds a path by which a socket in the folder can be addressed: the folder's own, if it is short enough; on Linux that of a
 * descriptor, which needs no place to write; else a link among the temporary files.
 * @param name of the socket
 * @throws what the system says
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

/** /proc may be missing in a container, or be that of another namespace. */
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
      // It leads nowhere as soon as the folder is gone.
    }
  };
  return { path, isBound: false, release };
}
