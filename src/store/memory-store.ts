/**
 * Implements RecordStore without a disk. Records live as long as the process, with the same limits
 * as on disk. A string is stored as given and encoded when it is leased, because most events are
 * delivered soon after they arrive.
 */
import { HEADER_BYTES, MARK_BYTES } from './record-format';
import { RecordTooLargeException } from './record-too-large.exception';
import type { RecordRef, RecordStore, StoreDamage, StoredRecord } from './record-store';
import { StoreWriteException } from './store-write.exception';

/**
 * Overhead per record, the same as on disk. Without it, records with an empty payload would use no
 * capacity, and their number would be unlimited.
 */
const RECORD_BYTES = HEADER_BYTES + MARK_BYTES;
/**
 * Minimum number of settled records at the front before they are removed from the array. There must
 * also be more of them than remaining records.
 */
const MIN_CUT = 1024;

interface Slot {
  /**
   * 0 for appended records, otherwise the number of the `prepend` that added it. Indexes before the
   * first record are used again, so an index alone could name a settled record.
   */
  readonly segment: number;
  readonly payload: string | Buffer;
  readonly bytes: number;
  isLeased: boolean;
}

export class MemoryStore implements RecordStore {
  readonly recovered = 0;
  readonly damage: StoreDamage = { records: 0, bytes: 0, removed: 0, files: [] };
  /** Records in the order in which they were appended; undefined where a record was settled. */
  private slots: (Slot | undefined)[] = [];
  /** Index of the first slot. */
  private first = 0;
  /** Position of the first slot that may be unsettled: all slots before it are settled. */
  private front = 0;
  /** Position of the first slot that may be leased: no slot before it can be. */
  private nextReady = 0;
  private unsettled = 0;
  private usedBytes = 0;
  /** Number of calls of `prepend`. */
  private prepends = 0;
  private isClosed = false;

  static open(options: { readonly maxBytes: number }): MemoryStore {
    return new MemoryStore(options.maxBytes);
  }

  private constructor(private readonly maxBytes: number) {}

  get count(): number {
    return this.unsettled;
  }

  get bytes(): number {
    return this.usedBytes;
  }

  append(payload: string | Buffer, _flush: boolean): RecordRef | undefined {
    const slot = this.slotFor(payload, 0);
    if (slot === undefined) return undefined;
    this.slots.push(slot);
    return { segment: 0, index: this.first + this.slots.length - 1 };
  }

  prepend(payloads: readonly string[]): RecordRef[] {
    const taken: Slot[] = [];
    const segment = ++this.prepends;
    // All sizes are checked before any record is counted: a record that is too large must leave the
    // store unchanged.
    for (const payload of payloads) RecordTooLargeException.check(payload);
    for (const payload of payloads) {
      const slot = this.slotFor(payload, segment);
      if (slot === undefined) break;
      taken.push(slot);
    }
    this.first += this.front - taken.length;
    this.slots = [...taken, ...this.slots.slice(this.front)];
    this.nextReady += taken.length - this.front;
    this.front = 0;
    return taken.map((_slot, at) => ({ segment, index: this.first + at }));
  }

  flush(): void {
    // There is nothing to write.
  }

  check(): boolean {
    return false;
  }

  probe(): void {
    // There is nothing to test.
  }

  lease(maxRecords: number, maxBytes: number): StoredRecord[] {
    const leased: StoredRecord[] = [];
    let bytesLeft = maxBytes;
    for (let at = this.nextReady; at < this.slots.length && leased.length < maxRecords; at++) {
      const slot = this.slots[at];
      if (slot !== undefined && !slot.isLeased) {
        bytesLeft -= slot.bytes - RECORD_BYTES;
        if (bytesLeft < 0 && leased.length > 0) break;
        slot.isLeased = true;
        const payload = typeof slot.payload === 'string' ? Buffer.from(slot.payload) : slot.payload;
        leased.push({ ref: { segment: slot.segment, index: this.first + at }, payload });
      }
      this.nextReady = at + 1;
    }
    return leased;
  }

  release(refs: readonly RecordRef[]): RecordRef[] {
    for (const { segment, index } of refs) {
      const at = index - this.first;
      const slot = this.slots[at];
      if (slot?.segment !== segment) continue;
      slot.isLeased = false;
      this.nextReady = Math.min(this.nextReady, at);
    }
    return [];
  }

  settle(refs: readonly RecordRef[]): void {
    for (const { segment, index } of refs) {
      const at = index - this.first;
      if (this.slots[at]?.segment === segment) this.forget(at);
    }
    this.cutFront();
  }

  dropOldest(minBytes: number): number {
    if (minBytes <= 0) return 0;
    const goal = this.usedBytes - minBytes - RECORD_BYTES;
    const before = this.unsettled;
    for (let at = this.front; at < this.slots.length && this.usedBytes > goal; at++) {
      if (this.slots[at]?.isLeased === false) this.forget(at);
    }
    this.cutFront();
    return before - this.unsettled;
  }

  close(): void {
    this.isClosed = true;
    this.first += this.slots.length;
    this.slots = [];
    this.front = 0;
    this.nextReady = 0;
    this.unsettled = 0;
    this.usedBytes = 0;
  }

  /** @param segment 0 for an appended record; a prepended record is leased at once */
  private slotFor(payload: string | Buffer, segment: number): Slot | undefined {
    if (this.isClosed) throw StoreWriteException.create({ path: 'memory', cause: new Error('it is closed') });
    const bytes = RecordTooLargeException.check(payload) + RECORD_BYTES;
    if (this.usedBytes + bytes > this.maxBytes) return undefined;
    this.unsettled++;
    this.usedBytes += bytes;
    // The caller may reuse the buffer.
    const copy = typeof payload === 'string' ? payload : Buffer.from(payload);
    return { segment, payload: copy, bytes, isLeased: segment > 0 };
  }

  private forget(at: number): void {
    const slot = this.slots[at];
    if (slot === undefined) return;
    this.slots[at] = undefined;
    this.unsettled--;
    this.usedBytes -= slot.bytes;
  }

  private cutFront(): void {
    while (this.front < this.slots.length && this.slots[this.front] === undefined) this.front++;
    this.nextReady = Math.max(this.nextReady, this.front);
    if (this.front < MIN_CUT || this.front * 2 < this.slots.length) return;
    this.slots = this.slots.slice(this.front);
    this.first += this.front;
    this.nextReady -= this.front;
    this.front = 0;
  }
}
