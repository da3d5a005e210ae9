/**
 * Two processes that write one queue tear it; one that takes a queue from a living owner sends its events twice; one that waits
 * for a dead owner never sends them. A file with a process id answers wrongly in containers, where every process is number 1,
 * and after a number was given to somebody else.
 *
 * So a folder is owned while the Unix socket `own.sock` in it accepts a connection. The kernel answers, not the owner: one that is
 * blocked or stopped still owns, and a dead one refuses from the moment of its death. A folder is made under a name that nobody
 * adopts and gets its own when the socket listens, so one that is being made is never taken for an orphan.
 *
 * An orphan is adopted by one rename into `adopted/` of one's own folder: of many who try, one succeeds. What it contains is the
 * caller's business. Links are never followed (`directory-trust.ts`). All owners of one directory must run on one kernel: over a network file system a living owner on another
 * machine looks dead (decision 0041).
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, symlink, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { distrustOf, foldersIn, haveOneOwner, isFolder } from './directory-trust';
import { OwnedFolderException } from './owned-folder.exception';

/** The address of a Unix socket has 108 bytes (Linux) or 104 (macOS), the zero at its end included. */
const MAX_SOCKET_PATH_BYTES = 100;
const SOCKET = 'own.sock';
const ADOPTED = 'adopted';
/** Only folders of such a name are ours: whatever else stands in the directory is never touched. */
const OUR_NAME = /^tracking-[0-9a-f]{24}$/;
const IN_THE_MAKING = '.new';
const MAX_ATTEMPTS = 5;

export class OwnedFolder {
  private isReleased = false;

  /**
   * Makes a new folder in the directory and owns it until `release`, or the death of the process. Does not keep the process alive.
   * @throws OwnedFolderException
   */
  static async claim(directory: string): Promise<OwnedFolder> {
    for (let attempts = 1; ; attempts++) {
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        return await OwnedFolder.make(directory);
      } catch (cause) {
        // Between bind and listen a socket refuses: somebody may have taken what is in the making for the rest of a dead process.
        const isGone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
        if (!isGone || attempts === MAX_ATTEMPTS) throw OwnedFolderException.create(directory, cause);
      }
    }
  }

  private static async make(directory: string): Promise<OwnedFolder> {
    const folder = join(directory, `tracking-${randomBytes(12).toString('hex')}`);
    const making = folder + IN_THE_MAKING;
    let server: Server | undefined;
    try {
      await mkdir(making, { mode: 0o700 });
      server = await listenIn(making);
      await rename(making, folder);
      return new OwnedFolder(directory, folder, server, await distrustOf(folder));
    } catch (cause) {
      if (server !== undefined) await close(server);
      await rm(making, { recursive: true, force: true });
      throw cause;
    }
  }

  private constructor(
    private readonly directory: string,
    readonly folder: string,
    private readonly server: Server,
    /** Why other users may have put something into the directory, with the fix; undefined if they cannot. */
    readonly distrust: string | undefined,
  ) {}

  /**
   * Takes the folders of dead owners, those included that they had adopted.
   * @returns where they are now, below `folder`; empty ones are removed instead
   */
  async adoptOrphans(): Promise<string[]> {
    const taken: string[] = [];
    for (const name of await foldersIn(this.directory)) {
      if (this.isReleased) break;
      if (name.endsWith(IN_THE_MAKING)) await this.clearUnmade(name);
      else if (OUR_NAME.test(name)) taken.push(...(await this.adopt(name)));
    }
    return taken;
  }

  /** Gives the folder up, and removes it if nothing is left in it; what is left is adopted by another owner. */
  async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await close(this.server);
    await unlink(join(this.folder, SOCKET)).catch(ignore);
    await removeEmpty(this.folder);
  }

  private async adopt(name: string): Promise<string[]> {
    const orphan = join(this.directory, name);
    if (orphan === this.folder || (await isOwned(orphan))) return [];
    if (this.distrust !== undefined && !(await haveOneOwner(orphan, this.folder))) return [];
    const adopted = join(this.folder, ADOPTED);
    const path = join(adopted, name);
    try {
      await mkdir(adopted, { mode: 0o700 }).catch(ignore); // not recursive: after a release our own folder must not come back
      await rename(orphan, path);
    } catch {
      return []; // somebody else was faster, or we may not: it is looked at again next time
    }
    if (!(await isFolder(path))) return []; // a link was put in its place meanwhile
    await unlink(join(path, SOCKET)).catch(ignore);
    return this.flatten(path);
  }

  /** Moves what an orphan had adopted up beside it, so that depth does not grow with each death. */
  private async flatten(path: string): Promise<string[]> {
    const taken: string[] = [];
    const adopted = join(path, ADOPTED);
    for (const name of (await isFolder(adopted)) ? await foldersIn(adopted) : []) {
      const inside = join(adopted, name);
      const beside = join(this.folder, ADOPTED, name);
      const moved = await rename(inside, beside).then(
        () => beside,
        () => inside,
      );
      await unlink(join(moved, SOCKET)).catch(ignore); // its adopter died before it could
      taken.push(...(await this.flatten(moved)));
    }
    if (!(await removeEmpty(path))) taken.unshift(path);
    return taken;
  }

  /** What a process left that died while it made its folder: nothing is in it but a socket. */
  private async clearUnmade(name: string): Promise<void> {
    if (!OUR_NAME.test(basename(name, IN_THE_MAKING))) return;
    const unmade = join(this.directory, name);
    // Without a socket it may be younger than its socket. With one that refuses, its maker is dead.
    if ((await stateOf(unmade)) !== 'refused') return;
    await unlink(join(unmade, SOCKET)).catch(ignore);
    await rmdir(unmade).catch(ignore);
  }
}

async function listenIn(folder: string): Promise<Server> {
  // Nobody has anything to say here: being accepted is the answer.
  const server = createServer((connection) => {
    connection.on('error', ignore);
    connection.destroy();
  });
  await atShortPath(folder, (path) => {
    return new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Exclusive: in a worker of node:cluster the primary would listen otherwise, and outlive it.
      server.listen({ path, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  });
  server.on('error', ignore); // such as no descriptor left to accept with: the kernel goes on answering
  server.unref();
  return server;
}

async function isOwned(folder: string): Promise<boolean> {
  return (await stateOf(folder)) === 'owned';
}

/** `refused`: nobody listens any more; `absent`: no socket is there. Whatever is not clear is taken for owned. */
async function stateOf(folder: string): Promise<'owned' | 'refused' | 'absent'> {
  try {
    return await atShortPath(folder, knock);
  } catch {
    return 'owned';
  }
}

function knock(path: string): Promise<'owned' | 'refused' | 'absent'> {
  return new Promise((resolve) => {
    const connection = connect({ path });
    connection.once('connect', () => {
      connection.destroy();
      resolve('owned');
    });
    connection.on('error', ({ code }: NodeJS.ErrnoException) => {
      // EAGAIN, among others, is an owner that is blocked and whose queue of connections is full.
      resolve(code === 'ECONNREFUSED' ? 'refused' : code === 'ENOENT' ? 'absent' : 'owned');
    });
  });
}

/** Calls `use` with a path of the folder's socket that is short enough for its address. */
async function atShortPath<Result>(folder: string, use: (socket: string) => Promise<Result>): Promise<Result> {
  const path = join(folder, SOCKET);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return use(path);
  const link = join(tmpdir(), `tracking-${randomBytes(8).toString('hex')}`);
  await symlink(folder, link, 'dir');
  try {
    return await use(join(link, SOCKET));
  } finally {
    await unlink(link).catch(ignore);
  }
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

/** @returns whether nothing was in it but empty folders, and it is gone */
async function removeEmpty(folder: string): Promise<boolean> {
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) await removeEmpty(join(folder, entry.name));
    }
    await rmdir(folder);
    return true;
  } catch {
    return false;
  }
}

function ignore(): void {
  // What it is called for has no use for the outcome; each place says why.
}
