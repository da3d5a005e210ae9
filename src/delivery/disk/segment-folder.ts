/** The files of one folder: which are ours, what they are called, how they are removed and set aside. Foreign files are left alone. */
import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreWriteException } from './store-write.exception';

export type SegmentFileKind = 'seg' | 'done' | 'damaged' | 'new';

export class SegmentFolder {
  constructor(readonly path: string) {}

  /** @throws StoreWriteException */
  make(): void {
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      readdirSync(this.path);
    } catch (cause) {
      throw StoreWriteException.create({ path: this.path, cause });
    }
  }

  /** Our files by kind, each list of sequences ascending. */
  list(): Record<SegmentFileKind, number[]> {
    const files: Record<SegmentFileKind, number[]> = { seg: [], done: [], damaged: [], new: [] };
    for (const entry of readdirSync(this.path, { withFileTypes: true })) {
      const [, sequence, kind] = OUR_NAME.exec(entry.name) ?? [];
      if (kind !== undefined && entry.isFile()) files[kind as SegmentFileKind].push(Number(sequence));
    }
    for (const sequences of Object.values(files)) sequences.sort((a, b) => a - b);
    return files;
  }

  file(sequence: number, kind: SegmentFileKind): string {
    return join(this.path, this.name(sequence, kind));
  }

  name(sequence: number, kind: SegmentFileKind): string {
    return `${String(sequence).padStart(8, '0')}.${kind}`;
  }

  /** 0 if there is none. */
  size(sequence: number, kind: SegmentFileKind): number {
    return statSync(this.file(sequence, kind), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** @returns whether it is gone */
  remove(sequence: number, kind: SegmentFileKind): boolean {
    try {
      rmSync(this.file(sequence, kind), { force: true });
      return true;
    } catch {
      return false;
    }
  }

  setAside(sequence: number, bytes: Uint8Array): void {
    appendFileSync(this.file(sequence, 'damaged'), bytes, { mode: 0o600 });
  }
}

const OUR_NAME = /^(\d{8,15})\.(seg|done|damaged|new)$/;
