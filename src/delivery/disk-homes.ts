import { readdirSync, rmdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { atMost } from '../common/at-most';
import type { Notices } from '../common/notices';
import { DiskHome } from '../store/disk-home';
import { DiskStore } from '../store/disk-store';
import type { RecordStore } from '../store/record-store';
import { SegmentStore } from '../store/segment-store';
import { folderName } from './folder-name';
import type { DeliverySettings } from './resolve-options';

/** Maximum milliseconds for which shutdown waits for a folder. */
const READY_MS = 1000;

/**
 * The folders that one tracker owns, one in each delivery directory, and the stores in them. No
 * method throws or rejects, except `openAdopted`.
 */
export class DiskHomes {
  /** The homes by the directory in the settings. */
  private readonly homes = new Map<string, DiskHome>();

  /** @param onFound called when a folder becomes usable */
  constructor(
    private readonly tracker: string,
    private readonly notices: Notices,
    private readonly onFound: () => void,
  ) {}

  get isEmpty(): boolean {
    return this.homes.size === 0;
  }

  all(): DiskHome[] {
    return [...this.homes.values()];
  }

  /** Returns the home in a directory of the settings; undefined if there is none. */
  find({ directory }: Pick<DeliverySettings, 'directory'>): DiskHome | undefined {
    return directory === undefined ? undefined : this.homes.get(directory);
  }

  /** Prepares the folders. A disk that cannot be used is reported, and tried again by `check`. */
  async claim(directories: Iterable<string>): Promise<void> {
    for (const directory of directories) {
      if (this.homes.has(directory)) continue;
      const home = this.createHome(join(directory, folderName(this.tracker)));
      this.homes.set(directory, home);
      await home.claim();
    }
  }

  /** Checks the folders. Call it about once a second. */
  check(): void {
    for (const home of this.homes.values()) home.check();
  }

  /** Tries for a short time to have folders to write to, because shutdown is near. */
  async ready(): Promise<void> {
    const claims = this.all().map((home) => {
      home.check();
      return home.claim();
    });
    await atMost(READY_MS, Promise.all(claims));
  }

  /**
   * The same as `ready` at the exit of the process, when nothing can be awaited.
   * @param flush writes the held events
   */
  whileExiting(flush: () => void): void {
    for (const home of this.homes.values()) home.claimForExit();
    flush();
    for (const home of this.homes.values()) home.finishExit();
  }

  /** Releases the folders. Their remaining files are for the next start. */
  async release(): Promise<void> {
    for (const { folder } of this.homes.values()) if (folder !== undefined) removeEmptyIn(folder);
    await Promise.all(this.all().map((home) => home.release()));
    this.homes.clear();
  }

  /**
   * Creates a store in a home.
   * @param path path of the store within the home
   */
  createStore(
    home: DiskHome,
    path: readonly string[],
    { maxDiskBytes: maxBytes, fsync }: Pick<DeliverySettings, 'maxDiskBytes' | 'fsync'>,
  ): DiskStore {
    return new DiskStore(home, path, {
      ...{ maxBytes, fsync },
      onOpened: (store) => {
        this.reportFindings(store);
      },
    });
  }

  /**
   * Opens a store that an earlier process left. It is read until it is empty.
   * @throws Error if it cannot be opened
   */
  openAdopted(folder: string, root: string): RecordStore {
    const store = SegmentStore.open(folder, { maxBytes: Number.MAX_SAFE_INTEGER, fsync: false, root });
    this.reportFindings(store);
    return store;
  }

  private createHome(directory: string): DiskHome {
    return new DiskHome(directory, {
      onLost: (error) => {
        this.notices.warn(
          `the delivery directory ${directory} cannot be used: ${firstLineOf(error)}. Events are held in memory as far as ` +
            'there is room, and do not survive the process. It is tried every second. Fix: name a directory on a local disk ' +
            'that has space, where nothing but this application writes or removes files.',
        );
      },
      onFound: this.onFound,
      onDistrusted: (why) => {
        this.notices.once(`distrust ${directory}`, () => why);
      },
    });
  }

  private reportFindings({ path, damage: { records, bytes, files }, newer }: SegmentStore): void {
    if (files.length > 0) {
      this.notices.warn(
        `${path}: ${String(bytes)} bytes were damaged (at least ${String(records)} events, in ${files.join(', ')}); they are set aside there, ` +
          'the others are delivered.',
      );
    }
    if (newer.length > 0) {
      this.notices.warn(
        `${path}: ${newer.join(', ')} were written by a newer version of nestjs-event-tracking, and are left for it. ` +
          'Fix: start that version until they are delivered.',
      );
    }
  }
}

/**
 * Returns the first line of an error's message. The next line may contain a fix, but the caller has
 * a better one.
 */
function firstLineOf({ message }: Error): string {
  return (message.split('\n', 1)[0] ?? message).replace(/\.$/, '');
}

/** Removes empty folders below a folder. Other folders are for the next start. */
function removeEmptyIn(folder: string): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return; // the folder was removed; the application closes all the same
  }
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const inner = join(folder, entry.name);
    removeEmptyIn(inner);
    try {
      rmdirSync(inner);
    } catch {
      // The folder is not empty.
    }
  }
}
