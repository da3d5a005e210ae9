/**
 * Two processes that write one queue tear it; one that takes a queue from a living owner sends its events twice; one that
 * waits for a dead owner never sends them. A file with a process id answers wrongly in containers, where every process is
 * number 1, and after a number was given to another process. So a folder is owned by a socket (folder-socket.ts).
 *
 * A folder is made under a name that nobody adopts and gets its own when the socket listens, so one that is being made is never
 * taken for an orphan. An orphan is adopted by one rename into `adopted/` of the adopter's folder: of many who try, one
 * succeeds. Where the file system cannot rename the folder, its files are moved one by one (move-folder.ts). What it contains
 * is the caller's business. Links are never followed (directory-trust.ts). All owners of one directory must run on one kernel:
 * over a network file system a living owner on another machine looks dead (decision 0041).
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

/** What `adoptOrphans` did. */
export interface Adoption {
  /** Where the adopted folders are now, the one made first before the others. */
  readonly taken: readonly string[];
  /** What could not be adopted, or not even looked at, and is left where it is. */
  readonly failed: readonly { readonly path: string; readonly error: unknown }[];
}

interface Found {
  readonly taken: string[];
  readonly failed: { readonly path: string; readonly error: unknown }[];
}

export class OwnedFolder {
  private isReleased = false;

  /**
   * Makes a new folder in the directory and owns it until `release`, or the death of the process. Does not keep the process alive.
   * @throws OwnedFolderException
   */
  static async claim(directory: string): Promise<OwnedFolder> {
    for (let attempts = 1; ; attempts++) {
      try {
        makeFolders(directory);
        return await OwnedFolder.make(directory);
      } catch (cause) {
        // Between bind and listen a socket refuses: another process may have taken what is in the making for the rest of a dead one.
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
    /** Why other users may have put something into the directory, with the fix; undefined if they cannot. */
    readonly distrust: string | undefined,
  ) {}

  /** Whether the folder is where it was made, and owned; undefined if only `isReached` can tell. */
  get isInPlace(): boolean | undefined {
    return this.socket.isAt(this.folder);
  }

  /** The same, by a connection. */
  isReached(): Promise<boolean> {
    return this.socket.isReachedAt(this.folder);
  }

  /** Owns the folder again after its socket was removed. @returns whether it could */
  async listenAgain(): Promise<boolean> {
    await this.socket.close();
    try {
      this.socket = await FolderSocket.listen(this.folder);
      return true;
    } catch {
      return false;
    }
  }

  /** Lets go of a folder that is not there any more. */
  async abandon(): Promise<void> {
    this.isReleased = true;
    await this.socket.close();
  }

  /** Takes the folders of dead owners, those included that they had adopted. Empty ones are removed instead. */
  async adoptOrphans(): Promise<Adoption> {
    const found: Found = { taken: [], failed: [] };
    for (const name of await foldersIn(this.directory, found)) {
      if (this.isReleased) break;
      if (name.endsWith(IN_THE_MAKING)) await this.clearUnmade(name).catch(ignore);
      else if (OUR_NAME.test(name)) await this.adopt(name, found);
    }
    return { ...found, taken: found.taken.sort(compareByAge) };
  }

  /** Gives the folder up, and removes it if nothing is left in it; what is left is adopted by another owner. */
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
      // Not recursive: after a release, or a removal, our own folder must not come back.
      await mkdir(adopted, { mode: 0o700 }).catch(unlessCode('EEXIST'));
      await moveFolder(orphan, path);
    } catch (error) {
      // Otherwise another process was faster.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') found.failed.push({ path: orphan, error });
      return;
    }
    if (!(await isFolder(path))) return; // a link was put in its place meanwhile
    await unlink(join(path, SOCKET)).catch(ignore);
    await this.flatten(path, found);
  }

  /** Moves what an orphan had adopted up beside it, so that depth does not grow with each death. */
  private async flatten(path: string, found: Found): Promise<void> {
    const adopted = join(path, ADOPTED);
    for (const name of (await isFolder(adopted)) ? await foldersIn(adopted, found) : []) {
      const inside = join(adopted, name);
      const beside = join(this.folder, ADOPTED, name);
      const moved = await rename(inside, beside).then(
        () => beside,
        () => inside,
      );
      await unlink(join(moved, SOCKET)).catch(ignore); // its adopter died before it could
      await this.flatten(moved, found);
    }
    if (!(await removeEmpty(path))) found.taken.push(path);
  }

  /** What a process left that died while it made its folder: nothing is in it but a socket. */
  private async clearUnmade(name: string): Promise<void> {
    if (!OUR_NAME.test(basename(name, IN_THE_MAKING))) return;
    const unmade = join(this.directory, name);
    // Without a socket it may be younger than its socket. With one that refuses, its maker is dead.
    if ((await ownershipOf(unmade)) !== 'refused') return;
    await unlink(join(unmade, SOCKET)).catch(ignore);
    await rmdir(unmade).catch(ignore);
  }
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

/** Names of the folders in a folder, without links to folders; none if it cannot be read, which is in `failed` then. */
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
  // What is left is looked at again by the next owner.
}
