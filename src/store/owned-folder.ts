/**
 * Ownership of a folder by exactly one process.
 *
 * Two processes that write one queue corrupt it. A process that takes a queue from a living owner
 * sends its events twice. A process that waits for a dead owner never sends them. A file with a
 * process id gives wrong answers in containers, where every process has id 1, and after an id was
 * reused. Therefore a folder is owned by a socket (folder-socket.ts).
 *
 * A folder is created under a name that cannot be adopted, and renamed to its final name when the
 * socket listens, so an unfinished folder is never mistaken for an orphan. An orphan is adopted by
 * one rename into `adopted/` of the adopter's folder: if several processes try, one succeeds. If
 * the file system cannot rename the folder, its files are moved one by one (move-folder.ts). The
 * caller handles the content of the folder. Links are never followed (directory-trust.ts). All
 * owners of one directory must run on one kernel: over a network file system, a living owner on
 * another machine looks dead (decision 0041).
 */
import { mkdir, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { distrustOf, haveOneOwner, isFolder } from './directory-trust';
import { compareByAge, createFolderName, IN_THE_MAKING, OUR_NAME } from './folder-name';
import { FolderSocket, ownershipOf, SOCKET } from './folder-socket';
import { makeFolders } from './make-folders';
import { moveFolder } from './move-folder';
import { OwnedFolderException } from './owned-folder.exception';

const ADOPTED = 'adopted';
const MAX_ATTEMPTS = 5;

/** Result of `adoptOrphans`. */
export interface Adoption {
  /** Paths of the adopted folders, oldest first. */
  readonly taken: readonly string[];
  /** Folders that could not be adopted or read. They stay where they are. */
  readonly failed: readonly { readonly path: string; readonly error: unknown }[];
}

interface Found {
  readonly taken: string[];
  readonly failed: { readonly path: string; readonly error: unknown }[];
}

export class OwnedFolder {
  private isReleased = false;

  /**
   * Creates a new folder in the directory and owns it until `release` or the death of the process.
   * Does not keep the process alive.
   * @throws OwnedFolderException
   */
  static async claim(directory: string): Promise<OwnedFolder> {
    for (let attempts = 1; ; attempts++) {
      try {
        makeFolders(directory);
        return await OwnedFolder.make(directory);
      } catch (cause) {
        // Between bind and listen a socket refuses connections: another process may have removed
        // this unfinished folder because its owner looked dead.
        const isGone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
        if (!isGone || attempts === MAX_ATTEMPTS) throw OwnedFolderException.create(directory, cause);
      }
    }
  }

  private static async make(directory: string): Promise<OwnedFolder> {
    const folder = join(directory, createFolderName(await readdir(directory)));
    const making = folder + IN_THE_MAKING;
    let socket: FolderSocket | undefined;
    try {
      await mkdir(making, { mode: 0o700 });
      socket = await FolderSocket.listen(making);
      await rename(making, folder);
      return new OwnedFolder(directory, folder, socket, await distrustOf(folder));
    } catch (cause) {
      await socket?.close();
      await rm(making, { recursive: true, force: true });
      throw cause;
    }
  }

  private constructor(
    private readonly directory: string,
    readonly folder: string,
    private socket: FolderSocket,
    /**
     * Reason why other users may have put something into the directory, with the fix; undefined if
     * they cannot.
     */
    readonly distrust: string | undefined,
  ) {}

  /** True if the folder is at its path and owned; undefined if only `isReached` can find out. */
  get isInPlace(): boolean | undefined {
    return this.socket.isAt(this.folder);
  }

  /** True if the folder is at its path and owned. Connects to its socket to find out. */
  isReached(): Promise<boolean> {
    return this.socket.isReachedAt(this.folder);
  }

  /**
   * Owns the folder again after its socket was removed.
   * @returns true if that succeeded
   */
  async listenAgain(): Promise<boolean> {
    await this.socket.close();
    try {
      this.socket = await FolderSocket.listen(this.folder);
      return true;
    } catch {
      return false;
    }
  }

  /** Releases a folder that does not exist any more. */
  async abandon(): Promise<void> {
    this.isReleased = true;
    await this.socket.close();
  }

  /**
   * Adopts the folders of dead owners, including the folders that those had adopted. Empty folders
   * are removed instead.
   */
  async adoptOrphans(): Promise<Adoption> {
    const found: Found = { taken: [], failed: [] };
    for (const name of await foldersIn(this.directory, found)) {
      if (this.isReleased) break;
      if (name.endsWith(IN_THE_MAKING)) await this.clearUnmade(name).catch(ignore);
      else if (OUR_NAME.test(name)) await this.adopt(name, found);
    }
    return { ...found, taken: found.taken.sort(compareByAge) };
  }

  /**
   * Releases the folder, and removes it if it is empty. Another owner adopts the remaining files.
   */
  async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await this.socket.close();
    await unlink(join(this.folder, SOCKET)).catch(ignore);
    await removeEmpty(this.folder);
  }

  private async adopt(name: string, found: Found): Promise<void> {
    const orphan = join(this.directory, name);
    const adopted = join(this.folder, ADOPTED);
    const path = join(adopted, name);
    try {
      if (orphan === this.folder || (await ownershipOf(orphan)) === 'owned') return;
      if (this.distrust !== undefined && !(await haveOneOwner(orphan, this.folder))) return;
      // Not recursive: after a release or a removal, this process's folder must not be created
      // again.
      await mkdir(adopted, { mode: 0o700 }).catch(unlessCode('EEXIST'));
      await moveFolder(orphan, path);
    } catch (error) {
      // ENOENT means that another process was faster.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') found.failed.push({ path: orphan, error });
      return;
    }
    if (!(await isFolder(path))) return; // it was replaced by a link in the meantime
    await unlink(join(path, SOCKET)).catch(ignore);
    await this.flatten(path, found);
  }

  /**
   * Moves the folders that an orphan had adopted up to its level, so that the nesting does not grow
   * with each death.
   */
  private async flatten(path: string, found: Found): Promise<void> {
    const adopted = join(path, ADOPTED);
    for (const name of (await isFolder(adopted)) ? await foldersIn(adopted, found) : []) {
      const inside = join(adopted, name);
      const beside = join(this.folder, ADOPTED, name);
      const moved = await rename(inside, beside).then(
        () => beside,
        () => inside,
      );
      // its adopter died before it removed the socket
      await unlink(join(moved, SOCKET)).catch(ignore);
      await this.flatten(moved, found);
    }
    if (!(await removeEmpty(path))) found.taken.push(path);
  }

  /**
   * Removes the folder of a process that died while creating it: it contains nothing but a socket.
   */
  private async clearUnmade(name: string): Promise<void> {
    if (!OUR_NAME.test(basename(name, IN_THE_MAKING))) return;
    const unmade = join(this.directory, name);
    // A folder without a socket may be so new that its socket does not exist yet. If the socket
    // refuses connections, the creator is dead.
    if ((await ownershipOf(unmade)) !== 'refused') return;
    await unlink(join(unmade, SOCKET)).catch(ignore);
    await rmdir(unmade).catch(ignore);
  }
}

/** @returns true if the folder contained only empty folders and was removed */
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

/**
 * Lists the names of the folders in a folder, without links to folders. Returns none if it cannot
 * be read, and adds it to `failed` unless it does not exist.
 */
async function foldersIn(folder: string, { failed }: Found): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failed.push({ path: folder, error });
    return [];
  }
}

function unlessCode(expected: string): (error: unknown) => void {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== expected) throw error;
  };
}

function ignore(): void {
  // The next owner tries again.
}
