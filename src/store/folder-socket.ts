/**
 * Unix socket that marks a folder as owned: the folder is owned while `own.sock` in it accepts a
 * connection. The kernel answers, not the owner: a blocked or stopped process still owns its
 * folder, and the socket of a dead process refuses connections immediately.
 */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { isMissing } from './segment-reader';
import { shortPathOf, type ShortPath } from './short-path';

export const SOCKET = 'own.sock';
const TOKEN_BYTES = 16;
/** Timeout for the other end of a connection. */
const ANSWER_MS = 1000;

/** `refused`: the owner is dead; `absent`: there is no socket. Anything unclear counts as owned. */
export type Ownership = 'owned' | 'refused' | 'absent';

/** A socket on which this process listens. */
export class FolderSocket {
  private inode: number | undefined;

  /**
   * Listens in a folder that has no socket yet. Does not keep the process alive.
   * @throws the error of the system
   */
  static async listen(folder: string): Promise<FolderSocket> {
    const token = randomBytes(TOKEN_BYTES);
    const server = createServer((connection) => {
      connection.on('error', ignore);
      connection.unref();
      connection.setTimeout(ANSWER_MS, () => connection.destroy());
      connection.end(token);
    });
    const short = shortPathOf(folder, SOCKET);
    try {
      await bind(server, join(short.path, SOCKET));
    } catch (error) {
      short.release();
      throw error;
    }
    if (!short.isBound) short.release();
    const socket = new FolderSocket(server, token, short);
    socket.isAt(folder);
    return socket;
  }

  private constructor(
    private readonly server: Server,
    private readonly token: Buffer,
    private readonly short: ShortPath,
  ) {}

  /**
   * True if the socket in a folder is this one, false if the folder has no socket; undefined if
   * only `isReachedAt` can find out.
   */
  isAt(folder: string): boolean | undefined {
    try {
      const { ino } = statSync(join(folder, SOCKET));
      this.inode ??= ino;
      return ino === this.inode ? true : undefined;
    } catch (error) {
      return isMissing(error) ? false : undefined;
    }
  }

  /**
   * True if a connection to the socket in a folder arrives at this process. Needed because inode
   * numbers are not stable on every file system.
   */
  async isReachedAt(folder: string): Promise<boolean> {
    const isReached = (await answerOf(folder))?.equals(this.token) === true;
    if (isReached) this.inode = undefined; // the next check remembers the new inode number
    return isReached;
  }

  /**
   * Closes the socket. Node removes the socket file by the path to which it was bound, so that path
   * must refer to the same folder until then.
   */
  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
    if (this.short.isBound) this.short.release();
  }
}

/**
 * Asks the kernel whether a folder has an owner. Rejects if permissions do not allow the
 * connection.
 */
export async function ownershipOf(folder: string): Promise<Ownership> {
  const ownership = await atSocketOf<Ownership>(folder, (path) => {
    return new Promise((resolve, reject) => {
      const connection = connect({ path });
      connection.once('connect', () => {
        connection.destroy();
        resolve('owned');
      });
      connection.on('error', (error: NodeJS.ErrnoException) => {
        const { code } = error;
        if (code === 'EACCES' || code === 'EPERM') reject(error);
        // EAGAIN, among others, means that the owner is blocked and its connection queue is full.
        else resolve(code === 'ECONNREFUSED' ? 'refused' : code === 'ENOENT' ? 'absent' : 'owned');
      });
    });
  });
  return ownership ?? 'owned';
}

function answerOf(folder: string): Promise<Buffer | undefined> {
  return atSocketOf(folder, (path) => {
    return new Promise<Buffer | undefined>((resolve) => {
      const chunks: Buffer[] = [];
      const connection = connect({ path });
      connection.unref();
      connection.setTimeout(ANSWER_MS, () => connection.destroy());
      connection.on('data', (chunk) => chunks.push(chunk));
      connection.on('error', ignore);
      connection.on('close', () => {
        resolve(Buffer.concat(chunks));
      });
    });
  });
}

/** @returns the result of `use`; undefined if the socket has no usable address */
async function atSocketOf<Result>(folder: string, use: (path: string) => Promise<Result>): Promise<Result | undefined> {
  let short: ShortPath;
  try {
    short = shortPathOf(folder, SOCKET);
  } catch {
    return undefined;
  }
  try {
    return await use(join(short.path, SOCKET));
  } finally {
    short.release();
  }
}

async function bind(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Exclusive: in a worker of node:cluster the primary would listen instead, and outlive the
    // worker.
    server.listen({ path, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // for example, no descriptor left to accept with: the kernel still accepts connections
  server.on('error', ignore);
  server.unref();
}

function ignore(): void {
  // No code waits for a connection, and a connection that ends early has already been answered.
}
