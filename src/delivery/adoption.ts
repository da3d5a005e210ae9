import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Notices } from '../common/notices';
import type { DiskHomes } from './disk-homes';
import type { RecordStore } from '../store/record-store';
import { nameOfFolder } from './folder-name';

/** An object that takes over the queue and the dead letters of one path. */
export interface Heir {
  readonly path: string;
  /** True once it takes over nothing any more. Folders that remain stay for the next start. */
  readonly isClosed: boolean;
  adopt(store: RecordStore | undefined, deadLetters: RecordStore | undefined): void;
}

type Part = 'queue' | 'dead';

/**
 * Takes over the files that ended processes left in the delivery directories. A bad folder delays
 * only itself.
 */
export class Adoption {
  /** Adopted folders, the oldest first. */
  private readonly orphans: string[] = [];
  /**
   * Folders that an heir has opened. The events of a folder that is opened twice would be sent
   * twice.
   */
  private readonly takenOver = new Set<string>();
  private looking: Promise<void> | undefined;

  constructor(
    private readonly homes: DiskHomes,
    private readonly notices: Notices,
  ) {}

  /** Moves the folders of dead processes into the folders of this process. Never rejects. */
  look(): Promise<void> {
    return (this.looking ??= this.lookNow().finally(() => {
      this.looking = undefined;
    }));
  }

  /**
   * Gives an heir all that was left for its path. Never throws: a folder that cannot be opened is
   * reported, and tried again at the next call.
   */
  giveTo(heir: Heir): void {
    // A search for folders may end after the heir has closed. Stores opened then would stay open,
    // and the final counters of the heir would not add up.
    if (heir.isClosed) return;
    for (const { orphan, name, path } of this.places()) {
      if (path !== heir.path) continue;
      const home = join(orphan, name);
      this.give(heir, 'queue', home, orphan);
      this.give(heir, 'dead', home, orphan);
    }
  }

  /**
   * Returns the paths that still have a part to adopt, each once.
   * @param part the part: the queue or the dead letters
   */
  pathsLeft(part: Part): Set<string> {
    const paths = new Set<string>();
    for (const { orphan, name, path } of this.places()) if (this.isLeft(join(orphan, name), part)) paths.add(path);
    return paths;
  }

  /** Returns the folders that still have a queue of a path to adopt. */
  foldersOf(path: string): string[] {
    const places = this.places().filter((place) => place.path === path);
    return places.map(({ orphan, name }) => join(orphan, name)).filter((home) => this.isLeft(home, 'queue'));
  }

  private async lookNow(): Promise<void> {
    for (const home of this.homes.all()) {
      const { taken, failed } = await home.adoptOrphans();
      this.orphans.push(...taken);
      for (const { path, error } of failed) this.report(path, error);
    }
  }

  private give(heir: Heir, part: Part, home: string, orphan: string): void {
    if (!this.isLeft(home, part)) return;
    const folder = join(home, part);
    try {
      const store = this.homes.openAdopted(folder, orphan);
      this.takenOver.add(folder);
      heir.adopt(part === 'queue' ? store : undefined, part === 'dead' ? store : undefined);
    } catch (error) {
      this.report(folder, error);
    }
  }

  private isLeft(home: string, part: Part): boolean {
    const folder = join(home, part);
    return !this.takenOver.has(folder) && isThere(folder);
  }

  /**
   * All adopted folders of destinations. Skips symbolic links, and folders that this library did
   * not create.
   */
  private places(): { readonly orphan: string; readonly name: string; readonly path: string }[] {
    return this.orphans.flatMap((orphan) =>
      this.foldersIn(orphan).flatMap((name) => {
        const path = nameOfFolder(name);
        return path === undefined ? [] : { orphan, name, path };
      }),
    );
  }

  private foldersIn(orphan: string): string[] {
    try {
      const entries = readdirSync(orphan, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory() && entry.name !== 'adopted').map(({ name }) => name);
    } catch (error) {
      // The folder was removed, for example because it was empty.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.report(orphan, error);
      return [];
    }
  }

  private report(path: string, error: unknown): void {
    this.notices.once(
      `adoption ${path}`,
      () =>
        `${path}, which an earlier process left, could not be taken over: ${String(error)}. Its events stay there; ` +
        `it is tried every minute. Fix: ${fixOf(error)}.`,
    );
  }
}

function fixOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'EXDEV'
    ? 'keep the delivery directory on one volume, and no volume of its own inside it'
    : 'give the user of this process the right to read and write it';
}

/**
 * Returns true if a path exists and is no symbolic link. A path that cannot be read counts as
 * existing: opening it reports the error.
 */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === false;
  } catch {
    return true;
  }
}
