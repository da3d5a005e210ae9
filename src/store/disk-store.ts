import { join } from 'node:path';
import type { RecordRef, RecordStore, StoredRecord, StoreDamage } from './record-store';
import { SegmentStore } from './segment-store';
import { StoreWriteException } from './store-write.exception';

/** Provides the folder in which a DiskStore may keep its files. */
export interface StoreHome {
  /** Folder that is owned now; undefined while there is none. */
  readonly folder: string | undefined;
  /** Reason why there is no folder. */
  readonly error: Error;
  /** Directory that contains the folder. */
  readonly directory: string;
}

export interface DiskStoreOptions {
  readonly maxBytes: number;
  readonly fsync: boolean;
  /** Called once, when the files can be read for the first time. */
  readonly onOpened?: ((store: SegmentStore) => void) | undefined;
}

const NO_DAMAGE: StoreDamage = { records: 0, bytes: 0, removed: 0, files: [] };

/**
 * Record store that tolerates an unavailable disk. It opens as soon as the folder of its home is
 * available, and moves when that folder changes. While the disk cannot be used, appends throw, and
 * records of files that were opened earlier can still be read.
 */
export class DiskStore implements RecordStore {
  private files: SegmentStore | undefined;
  /** Folder of the home that contains the files. */
  private openedIn: string | undefined;
  /** Error of the last attempt to open or move the store. */
  private openError: Error | undefined;
  private failure: StoreWriteException | undefined;
  private isClosed = false;

  /**
   * Opens the store if that is possible now.
   * @param path path of the store's folder, relative to the folder of the home
   */
  constructor(
    private readonly home: StoreHome,
    private readonly path: readonly string[],
    private readonly options: DiskStoreOptions,
  ) {
    try {
      this.check();
    } catch {
      // `error` gives the reason; `check` tries again.
    }
  }

  /** Reason why the store cannot be used; undefined if it can. */
  get error(): Error | undefined {
    return this.isUsable ? undefined : this.unusable();
  }

  get recovered(): number {
    return this.files?.recovered ?? 0;
  }

  get count(): number {
    return this.files?.count ?? 0;
  }

  get bytes(): number {
    return this.files?.bytes ?? 0;
  }

  get damage(): StoreDamage {
    return this.files?.damage ?? NO_DAMAGE;
  }

  append(payload: string | Buffer, flush: boolean): RecordRef | undefined {
    return this.usable().append(payload, flush);
  }

  prepend(payloads: readonly string[]): RecordRef[] {
    return this.usable().prepend(payloads);
  }

  flush(): void {
    // If nothing was ever opened, nothing was buffered.
    if (this.files !== undefined) this.usable().flush();
  }

  lease(maxRecords: number, maxBytes: number): StoredRecord[] {
    return this.files?.lease(maxRecords, maxBytes) ?? [];
  }

  release(refs: readonly RecordRef[]): RecordRef[] {
    return this.files?.release(refs) ?? [];
  }

  settle(refs: readonly RecordRef[]): void {
    this.files?.settle(refs);
  }

  dropOldest(minBytes: number): number {
    return this.files?.dropOldest(minBytes) ?? 0;
  }

  check(): boolean {
    if (this.isClosed) return false;
    const { folder } = this.home;
    if (folder === undefined) {
      this.noteRemovals();
      throw this.unusable();
    }
    try {
      return this.checkIn(folder);
    } catch (error) {
      this.openError = error as Error;
      throw error;
    }
  }

  probe(bytes: number): void {
    this.usable().probe(bytes);
  }

  close(): void {
    this.isClosed = true;
    this.files?.close();
  }

  private get isUsable(): boolean {
    return this.files !== undefined && this.openedIn === this.home.folder;
  }

  /**
   * Detects removed files and keeps their open descriptors while there is no folder to write them
   * to.
   */
  private noteRemovals(): void {
    try {
      this.files?.check();
    } catch {
      // The write fails as expected: there is no folder.
    }
  }

  private checkIn(folder: string): boolean {
    const path = join(folder, ...this.path);
    const { maxBytes, fsync, onOpened } = this.options;
    if (this.files === undefined) {
      this.files = SegmentStore.open(path, { maxBytes, fsync, root: folder });
      this.openedIn = folder;
      onOpened?.(this.files);
      return true;
    }
    if (this.openedIn === folder) return this.files.check();
    this.files.moveTo(path, folder);
    this.openedIn = folder;
    this.files.check();
    return true;
  }

  private usable(): SegmentStore {
    if (this.files === undefined || this.openedIn !== this.home.folder) throw this.unusable();
    return this.files;
  }

  /**
   * Returns the same object for the same cause, because it is thrown for each event that arrives
   * while the disk cannot be used.
   */
  private unusable(): StoreWriteException {
    const { folder, error, directory } = this.home;
    const reason = folder === undefined ? error : (this.openError ?? error);
    const cause = reason.cause ?? reason;
    if (this.failure?.cause !== cause) this.failure = StoreWriteException.create({ path: directory, cause });
    return this.failure;
  }
}
