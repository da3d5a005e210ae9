import { join } from 'node:path';
import type { RecordRef, RecordStore, StoredRecord, StoreDamage } from './record-store';
import { SegmentStore } from './segment-store';
import { StoreWriteException } from './store-write.exception';

/** Where a DiskStore may have its files. */
export interface StoreHome {
  /** The folder that is owned now; undefined while there is none. */
  readonly folder: string | undefined;
  /** Why there is none. */
  readonly error: Error;
  /** In which the folder is. */
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
 * A record store on a disk that need not work: it is opened as soon as it can be, and moves when its home does. While it
 * cannot be used, appends throw and what was open before can still be read.
 */
export class DiskStore implements RecordStore {
  private files: SegmentStore | undefined;
  /** The folder of the home in which the files are. */
  private openedIn: string | undefined;
  /** What the last attempt to open or move it has met. */
  private openError: Error | undefined;
  private failure: StoreWriteException | undefined;
  private isClosed = false;

  /** Opens it if that is possible now. @param path of its folder within that of the home */
  constructor(
    private readonly home: StoreHome,
    private readonly path: readonly string[],
    private readonly options: DiskStoreOptions,
  ) {
    try {
      this.check();
    } catch {
      // `error` says why; `check` tries again.
    }
  }

  /** Why it cannot be used; undefined if it can. */
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
    // Nothing was ever gathered where nothing was opened.
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

  /** What is held open of files that are gone is kept in mind while there is nowhere to write it. */
  private noteRemovals(): void {
    try {
      this.files?.check();
    } catch {
      // It cannot be written, as is known.
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

  /** The same object for the same cause: it is thrown for each event that comes while the disk cannot be used. */
  private unusable(): StoreWriteException {
    const { folder, error, directory } = this.home;
    const reason = folder === undefined ? error : (this.openError ?? error);
    const cause = reason.cause ?? reason;
    if (this.failure?.cause !== cause) this.failure = StoreWriteException.create({ path: directory, cause });
    return this.failure;
  }
}
