/**
 * The files of one folder: which belong to the store, how they are named, removed and set aside.
 * Other files are ignored.
 */
import { appendFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from './make-folders';
import { NEWEST_FORMAT, type SegmentFormat } from './record-format';
import type { SegmentPlace } from './segment';
import { StoreWriteException } from './store-write.exception';

/**
 * Kinds of files: `seg` contains records, `done` contains marks, `damaged` contains unreadable
 * bytes, and `new` is a file that is being written.
 */
export type SegmentFileKind = 'seg' | 'done' | 'damaged' | 'new';

export interface SegmentFile {
  readonly sequence: number;
  readonly format: SegmentFormat;
}

export interface FoundFiles extends Readonly<Record<SegmentFileKind, readonly SegmentFile[]>> {
  /** Names of segments that a newer version of this code has written. */
  readonly newer: readonly string[];
}

export class SegmentFolder {
  /**
   * @param path path of the folder
   * @param root folder above `path` that is never created here, because it has another owner.
   * @default none
   */
  constructor(
    readonly path: string,
    private readonly root?: string,
  ) {}

  /**
   * Creates the folder if it is missing.
   * @throws StoreWriteException
   */
  make(): void {
    try {
      makeFolders(this.path, this.root);
      readdirSync(this.path);
    } catch (cause) {
      throw StoreWriteException.create({ path: this.path, cause });
    }
  }

  /** Lists the files of the store by kind, each list in ascending order of sequence. */
  list(): FoundFiles {
    const files: Record<SegmentFileKind, SegmentFile[]> = { seg: [], done: [], damaged: [], new: [] };
    const newer: string[] = [];
    for (const entry of readdirSync(this.path, { withFileTypes: true })) {
      const [, sequence, version = '1', kind] = OUR_NAME.exec(entry.name) ?? [];
      if (kind === undefined || !entry.isFile()) continue;
      const format = Number(version);
      if (format > NEWEST_FORMAT) newer.push(entry.name);
      else files[kind as SegmentFileKind].push({ sequence: Number(sequence), format: format as SegmentFormat });
    }
    for (const found of Object.values(files)) found.sort((a, b) => a.sequence - b.sequence || a.format - b.format);
    return { ...files, newer };
  }

  place(sequence: number, format: SegmentFormat = NEWEST_FORMAT): SegmentPlace {
    const path = this.file(sequence, 'seg', format);
    return { sequence, format, path, donePath: this.file(sequence, 'done', format) };
  }

  file(sequence: number, kind: SegmentFileKind, format: SegmentFormat = NEWEST_FORMAT): string {
    return join(this.path, this.name(sequence, kind, format));
  }

  name(sequence: number, kind: SegmentFileKind, format: SegmentFormat = NEWEST_FORMAT): string {
    const version = format === 1 || kind === 'damaged' || kind === 'new' ? '' : `.v${String(format)}`;
    return `${String(sequence).padStart(8, '0')}${version}.${kind}`;
  }

  /** Returns the size of a file in bytes; 0 if it does not exist. */
  size(path: string): number {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** @returns true if the file does not exist any more */
  remove(path: string): boolean {
    try {
      rmSync(path, { force: true });
      return true;
    } catch {
      return false;
    }
  }

  setAside(sequence: number, bytes: Uint8Array): void {
    appendFileSync(this.file(sequence, 'damaged'), bytes, { mode: 0o600 });
  }
}

const OUR_NAME = /^(\d{8,15})\.(?:v([2-9]|[1-9]\d{1,2})\.)?(seg|done|damaged|new)$/;
