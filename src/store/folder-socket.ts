/**
 * The Unix socket by which a folder is owned: the folder is owned while `own.sock` in it accepts a connection. The kernel
 * answers, not the owner: one that is blocked or stopped still owns, and a dead one refuses from the moment of its death.
 */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { isMissing } from './segment-reader';
import { shortPathOf, type ShortPath } from './short-path';

export const SOCKET = 'own.sock';
const TOKEN_BYTES = 16;
/** How long the other end of a connection is waited for. */
const ANSWER_MS = 1000;

/** `refused`: its owner is dead; `absent`: there is no socket. What is not clear is taken for owned. */
export type Ownership = 'owned' | 'refused' | 'absent';

/** A socket that this process listens on. */
export class FolderSocket {
  private inode: number | undefined;

  /** Listens in a folder that has no socket yet. Does not keep the process alive. @throws what the system says */
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

  /** Whether the socket in a folder is this one; undefined if only `isReachedAt` can tell. */
  isAt(folder: string): boolean | undefined {
    try {
      const { ino } = statSync(join(folder, SOCKET));
      this.inode ??= ino;
      return ino === this.inode ? true : undefined;
    } catch (error) {
      return isMissing(error) ? false : undefined;
    }
  }

  /** Whether a connection to the socket in a folder arrives here: inode numbers are not stable on every file system. */
  async isReachedAt(folder: string): Promise<boolean> {
    const isReached = (await answerOf(folder))?.equals(this.token) === true;
    if (isReached) this.inode = undefined; // the number that the next look finds is the one to remember
    return isReached;
  }

  /** Node removes the socket by the path that it was bound to: that path must mean the same folder until then. */
  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
    if (this.short.isBound) this.short.release();
  }
}

/** Asks the kernel whether a folder has an owner. Rejects if it may not be asked. */
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
        // EAGAIN, among others, is an owner that is blocked and whose queue of connections is full.
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

/** @returns undefined where no address for the socket can be had */
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
    // Exclusive: in a worker of node:cluster the primary would listen otherwise, and outlive it.
    server.listen({ path, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', ignore); // such as no descriptor left to accept with: the kernel goes on answering
  server.unref();
}

function ignore(): void {
  // Nobody waits for a connection, and one that ends early has its answer.
}
