/**
 * Record store on disk.
 *
 * Memory is lost with its process and too small for a long outage of a destination, and a disk
 * fills up unless space is freed. Therefore records are in append-only files of a few megabytes.
 * Each file has a second file with marks for its settled records, and is deleted when all its
 * records are settled.
 *
 * Files in a folder: `10000000.v2.seg` (records), `10000000.v2.done` (marks), `10000000.damaged`
 * (unreadable bytes, for a person to inspect). The formats are described in record-format.ts. A
 * folder has one owner at a time (owned-folder.ts). A store never appends to a segment of an
 * earlier process.
 */
import { HEADER_BYTES, MARK_BYTES } from './record-format';
import type { RecordRef, RecordStore, StoredRecord, StoreDamage } from './record-store';
import { recoverStore } from './recover-store';
import type { Segment } from './segment';
import { SegmentAppender } from './segment-appender';
import { SegmentFiles } from './segment-files';
import { SegmentFolder } from './segment-folder';
import { SegmentLeaser } from './segment-leaser';
import { prependSegments } from './segment-prepend';
import { SegmentSalvage } from './segment-salvage';
import { CHUNK_BYTES, type SegmentStoreOptions } from './segment-store-options';
import { SegmentWriter } from './segment-writer';
import { StoreWriteException } from './store-write.exception';

export class SegmentStore implements RecordStore {
  readonly recovered: number;
  /** Names of files that a newer version of this code has written. They are not touched. */
  readonly newer: readonly string[];
  private readonly files: SegmentFiles;
  private readonly appender: SegmentAppender;
  private readonly salvage: SegmentSalvage;
  private readonly leaser: SegmentLeaser;
  private firstSequence: number;
  private isClosed = false;

  /**
   * Creates the folder if it is missing, and reads its files.
   * @throws StoreWriteException, StoreReadException if the folder or a file cannot be opened at
   * all; never for damage
   */
  static open(folder: string, options: SegmentStoreOptions): SegmentStore {
    return new SegmentStore(new SegmentFolder(folder, options.root), options);
  }

  private constructor(
    folder: SegmentFolder,
    private readonly options: SegmentStoreOptions,
  ) {
    this.files = new SegmentFiles(folder, this.createWriter());
    this.salvage = new SegmentSalvage(this.files, options.fsync);
    this.leaser = new SegmentLeaser(this.files, this.salvage.misplace);
    folder.make();
    const { nextSequence, firstSequence, newer } = recoverStore(this.files, options.maxBytes);
    this.newer = newer;
    this.appender = new SegmentAppender(this.files, options, nextSequence);
    this.firstSequence = firstSequence;
    this.recovered = this.count;
  }

  get count(): number {
    return this.files.table.count;
  }

  get bytes(): number {
    return this.files.table.bytes;
  }

  get damage(): StoreDamage {
    return this.files.damage;
  }

  /** Path of the folder that contains the files. */
  get path(): string {
    return this.files.folder.path;
  }

  append(payload: string | Buffer, flush: boolean): RecordRef | undefined {
    this.assertOpen();
    return this.appender.append(payload, flush);
  }

  prepend(payloads: readonly string[]): RecordRef[] {
    this.assertOpen();
    const { firstSequence, files, appender } = this;
    const prepended = prependSegments({ files, appender, writer: this.createWriter(), firstSequence }, payloads);
    this.firstSequence = prepended.firstSequence;
    return prepended.refs;
  }

  flush(): void {
    this.appender.flush();
    const { active } = this.files;
    // While a segment is being written, only that one is checked: `check` checked the others within
    // the last second.
    if (active === undefined ? this.count === 0 : this.salvage.isInPlace(active)) return;
    const { removed } = this.damage;
    this.check();
    if (active === undefined && this.damage.removed > removed) throw StoreWriteException.removed(this.path);
  }

  lease(maxRecords: number, maxBytes: number): StoredRecord[] {
    const leased: StoredRecord[] = [];
    if (this.isClosed) return leased;
    try {
      this.leaser.lease(maxRecords, maxBytes, leased);
    } catch (error) {
      this.release(leased.map(({ ref }) => ref));
      throw error;
    }
    return leased;
  }

  release(refs: readonly RecordRef[]): RecordRef[] {
    const { table } = this.files;
    const gone: RecordRef[] = [];
    for (const ref of refs) {
      const segment = table.get(ref);
      if (segment === undefined) continue;
      if (!segment.isLost) {
        segment.release(ref.index);
      } else if (table.settle(segment, ref.index)) {
        gone.push(ref);
        if (segment.unsettled === 0) this.files.forget(segment);
      }
    }
    return gone;
  }

  settle(refs: readonly RecordRef[]): void {
    if (this.isClosed) return;
    const { table } = this.files;
    const touched = new Set<Segment>();
    for (const ref of refs) {
      const segment = table.get(ref);
      if (segment !== undefined && table.settle(segment, ref.index)) touched.add(segment);
    }
    for (const segment of touched) this.files.writeDown(segment);
  }

  dropOldest(minBytes: number): number {
    if (this.isClosed || minBytes <= 0) return 0;
    const goal = this.bytes - minBytes - HEADER_BYTES - MARK_BYTES;
    let dropped = 0;
    for (const segment of this.files.table.all()) {
      if (this.bytes <= goal) break;
      if (segment === this.files.active && !this.appender.sealOrAbandon(segment)) break;
      if (segment.ready > 0) dropped += this.files.dropReady(segment);
      else if (segment.unsettled === 0) this.files.remove(segment);
    }
    return dropped;
  }

  check(): boolean {
    if (this.isClosed) return false;
    const { table, marks } = this.files;
    let isWhole = true;
    for (const segment of table.all()) {
      if (segment.isLost || segment.fd !== undefined) continue;
      if (!this.salvage.isInPlace(segment)) {
        isWhole = false;
        this.salvage.misplace(segment);
      } else if (marks.restore(segment)) isWhole = false;
    }
    return this.salvage.attachAll() || !isWhole;
  }

  probe(bytes: number): void {
    this.assertOpen();
    this.appender.probe(bytes);
  }

  /**
   * Continues in another folder, with the files that still exist. `check` writes the others again
   * if their descriptors are open.
   * @throws StoreWriteException if the folder cannot be created; nothing has changed then
   */
  moveTo(path: string, root?: string): void {
    const { files } = this;
    const folder = new SegmentFolder(path, root);
    folder.make();
    files.folder = folder;
    for (const segment of files.table.all()) {
      if (!segment.isLost && segment.fd === undefined && !this.salvage.move(segment)) this.salvage.misplace(segment);
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { files } = this;
    let lost = 0;
    let failure: StoreWriteException | undefined;
    try {
      this.appender.seal();
    } catch (error) {
      failure = error as StoreWriteException; // a writer throws no other error
      lost = files.active?.unsettledFrom(files.writer.onDisk) ?? 0;
      files.writer.abandon();
    }
    for (const segment of files.table.all()) files.marks.write(segment);
    for (const segment of files.table.all()) if (segment.fd !== undefined) lost += files.forget(segment);
    files.close();
    if (failure !== undefined)
      throw StoreWriteException.create({ path: failure.path, cause: failure.cause, records: lost });
    if (lost > 0) throw StoreWriteException.removed(this.path, lost);
  }

  private assertOpen(): void {
    if (this.isClosed) throw StoreWriteException.create({ path: this.path, cause: new Error('it is closed') });
  }

  private createWriter(): SegmentWriter {
    return new SegmentWriter(this.options.chunkBytes ?? CHUNK_BYTES, this.options.fsync);
  }
}
