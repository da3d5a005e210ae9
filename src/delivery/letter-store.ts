import { MemoryStore } from '../store/memory-store';
import type { RecordRef, RecordStore, StoredRecord } from '../store/record-store';
import { StoreWriteException } from '../store/store-write.exception';
import { LeaseOrigins } from './lease-origins';

const PAGE_EVENTS = 500;
const PAGE_BYTES = 4_194_304;
/** Maximum milliseconds that one call copies. The remaining letters wait for the next call. */
const COPY_MS = 20;

/**
 * The dead letters of one path: on disk, or in memory if there is no disk or while it cannot be
 * written. Letters of earlier processes stay in their stores until they are copied. A letter is
 * removed only after it is stored elsewhere.
 */
export class LetterStore {
  private readonly memory: MemoryStore;
  /** Stores of earlier processes whose letters are not copied yet. */
  private older: RecordStore[] = [];
  /** Number of damaged letters that an older store had when it was taken over. */
  private readonly damagedBefore = new WeakMap<RecordStore, number>();
  private readonly origins = new LeaseOrigins();
  private failure: Error | undefined;
  private forgottenCount = 0;

  /** @param disk undefined if letters are kept only in memory */
  constructor(
    private readonly disk: RecordStore | undefined,
    maxMemoryBytes: number,
  ) {
    this.memory = MemoryStore.open({ maxBytes: maxMemoryBytes });
  }

  get count(): number {
    return this.stores().reduce((sum, { count }) => sum + count, 0);
  }

  /** True if letters go to a disk when it can be written. */
  get isOnDisk(): boolean {
    return this.disk !== undefined;
  }

  /**
   * Number of letters that were lost, for lack of capacity or because their files were removed or
   * damaged. It never decreases, and moves with the letters to the store that takes them over.
   */
  get forgotten(): number {
    return this.stores().reduce((sum, store) => sum + this.lostIn(store), this.forgottenCount);
  }

  /** True if the last write to the disk failed. */
  get isDiskFailing(): boolean {
    return this.failure !== undefined;
  }

  /**
   * Adds a letter, which survives the death of the process once this returns if the disk can be
   * written.
   * @returns undefined if there is no capacity for it
   * @throws RecordTooLargeException, StoreWriteException; nothing was added
   */
  append(payload: string | Buffer): RecordRef | undefined {
    const ref = this.appendOnDisk(payload);
    if (ref !== 'failed') return ref;
    const held = this.memory.append(payload, true);
    if (held === undefined && this.failure !== undefined) throw this.failure;
    return held;
  }

  lease(maxRecords: number, maxBytes: number): StoredRecord[] {
    for (const store of this.stores()) {
      const records = store.lease(maxRecords, maxBytes);
      this.origins.note(records, store);
      if (records.length > 0) return records;
    }
    return [];
  }

  /** Gives leased letters back. Those whose file was removed meanwhile are lost. */
  release(refs: readonly RecordRef[]): void {
    for (const [store, own] of this.origins.group(refs)) this.forgottenCount += store.release(own).length;
  }

  settle(refs: readonly RecordRef[]): void {
    for (const [store, own] of this.origins.group(refs)) store.settle(own);
  }

  /** Drops the oldest letters that are not leased, to get at least `minBytes` of capacity. */
  dropOldest(minBytes: number): void {
    const store = this.disk === undefined || this.isDiskFailing ? this.memory : this.disk;
    this.forgottenCount += store.dropOldest(minBytes);
  }

  /** Counts a letter as lost that could not be added. */
  forget(): void {
    this.forgottenCount++;
  }

  /** Takes over the dead letters of another process. */
  adopt(store: RecordStore): void {
    this.older.push(store);
    this.damagedBefore.set(store, store.damage.records);
    this.gather([store], COPY_MS);
  }

  /** Takes over the dead letters of another store of this process, and its count of lost ones. */
  adoptAll(other: LetterStore): void {
    this.forgottenCount += other.forgottenCount;
    other.forgottenCount = 0;
    for (const store of other.stores()) this.adopt(store);
  }

  /**
   * Checks the disk, and copies letters from other stores to it. Never throws; `isDiskFailing` has
   * the result.
   */
  check(): void {
    const { disk } = this;
    if (disk === undefined) return;
    try {
      disk.check();
      if (this.isDiskFailing) disk.probe(0);
      this.failure = undefined;
      this.gather([...this.older, this.memory], COPY_MS);
    } catch (error) {
      this.failure = error as Error;
    }
  }

  /**
   * Copies the letters in memory to the disk, and closes all stores.
   * @throws StoreWriteException if letters were only in memory: they are lost, and its `records` is
   * their number
   */
  close(): void {
    this.gather([this.memory], Infinity);
    let records = this.memory.count;
    let cause: unknown = this.failure ?? new Error('dead letters were held in memory alone');
    for (const store of this.stores()) {
      try {
        store.close();
      } catch (error) {
        cause = error;
        records += error instanceof StoreWriteException ? error.records : 0;
      }
    }
    this.forgottenCount += records;
    if (records > 0) throw StoreWriteException.create({ path: 'memory', cause, records });
  }

  /** All stores, with the oldest letters first. */
  private stores(): RecordStore[] {
    const { older, disk, memory } = this;
    return disk === undefined ? [...older, memory] : [...older, disk, memory];
  }

  /** Number of letters that a store has lost since it is one of the stores. */
  private lostIn(store: RecordStore): number {
    const { removed, records } = store.damage;
    return removed + records - (this.damagedBefore.get(store) ?? 0);
  }

  private appendOnDisk(payload: string | Buffer): RecordRef | 'failed' | undefined {
    const { disk } = this;
    if (disk === undefined) return 'failed';
    const ref = this.attempt(() => disk.append(payload, true));
    // The store has the letter from here on. If the flush fails, `check` tries it again.
    if (ref !== 'failed') {
      this.attempt(() => {
        disk.flush();
      });
    }
    return ref;
  }

  /** Copies letters from other stores to the disk, for up to `maxMs` milliseconds. */
  private gather(stores: readonly RecordStore[], maxMs: number): void {
    const { disk } = this;
    if (disk === undefined) return;
    const until = performance.now() + maxMs;
    for (const store of stores) {
      try {
        while (store.count > 0 && this.move(store, disk)) if (performance.now() > until) return;
      } catch {
        continue; // the store cannot be read for now
      }
      if (store.count > 0) return; // the disk accepts no more for now
      if (store === this.memory) continue;
      this.older = this.older.filter((other) => other !== store);
      this.forgottenCount += this.lostIn(store);
      store.close();
    }
  }

  /**
   * Moves a page of letters to the disk.
   * @returns true if the page was moved; false if no letter could be leased or the disk failed
   */
  private move(from: RecordStore, to: RecordStore): boolean {
    const records = from.lease(PAGE_EVENTS, PAGE_BYTES);
    if (records.length === 0) return false; // the remaining letters are leased
    const copies: RecordRef[] = [];
    const result = this.attempt(() => {
      for (const { payload } of records) {
        const copy = to.append(payload, false);
        if (copy === undefined) break;
        copies.push(copy);
      }
      to.flush();
      return copies.length;
    });
    if (result === 'failed') {
      to.settle(copies); // the letters stay in their old store
      this.forgottenCount += from.release(records.map(({ ref }) => ref)).length;
      return false;
    }
    // Beyond the limit the oldest letters are dropped, and these are the oldest.
    this.forgottenCount += records.length - result;
    from.settle(records.map(({ ref }) => ref));
    return true;
  }

  /**
   * Runs an operation on the disk.
   * @returns 'failed' if the disk cannot be used for now
   */
  private attempt<Result>(what: () => Result): Result | 'failed' {
    try {
      const result = what();
      this.failure = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof StoreWriteException)) throw error;
      this.failure = error;
      return 'failed';
    }
  }
}
