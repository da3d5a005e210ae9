/**
 * A crash tears the last record, a disk flips a bit in the middle: reading must keep every record that is whole, name what is
 * not, and never read past the file because a length says so. A record is whole when its length fits into the file and its
 * checksum fits it. Behind one that is not, the search goes on: first where its length says the next one begins, then byte by
 * byte. Texts of JSON cannot pass for a record on the way, since no length below 64 MiB is made of bytes that JSON text has;
 * for other contents the search is bounded, and what it does not reach counts as damaged.
 */
import { readSync } from 'node:fs';
import { checksum, HEADER_BYTES } from './record-format';
import { MAX_PAYLOAD_BYTES } from './record-store';

export interface DamagedRange {
  readonly start: number;
  readonly end: number;
}

const WINDOW_BYTES = 1024 * 1024;
/** A byte-by-byte search may check this many times what it has to search. */
const SEARCH_FACTOR = 16;

export class SegmentScan {
  readonly damaged: DamagedRange[] = [];
  private buffer = EMPTY;
  private window: Uint8Array = EMPTY;
  private windowStart = 0;
  /** A bad place of the disk was met: each try to read there may take seconds, so what lies behind it is not searched. */
  private isBroken = false;

  constructor(
    private readonly fd: number,
    private readonly size: number,
    private readonly found: (offset: number) => void,
    /** Where the first record begins. */
    private readonly start = 0,
  ) {}

  run(): void {
    for (let offset = this.start; offset < this.size;) {
      const end = this.endOfRecord(offset);
      if (end === undefined) {
        offset = this.skipDamage(offset);
      } else {
        this.found(offset);
        offset = end;
      }
    }
  }

  private skipDamage(start: number): number {
    const end = this.nextWhole(start) ?? this.size;
    this.damaged.push({ start, end });
    return end;
  }

  private nextWhole(damaged: number): number | undefined {
    const supposed = this.supposedEnd(damaged);
    if (supposed !== undefined && (supposed === this.size || this.endOfRecord(supposed) !== undefined)) return supposed;
    let allowance = (this.size - damaged) * SEARCH_FACTOR;
    for (let offset = damaged + 1; offset + HEADER_BYTES <= this.size && allowance > 0 && !this.isBroken; offset++) {
      const end = this.supposedEnd(offset);
      if (end === undefined) continue;
      if (this.endOfRecord(offset) !== undefined) return offset;
      allowance -= end - offset;
    }
    return undefined;
  }

  private endOfRecord(offset: number): number | undefined {
    const end = this.supposedEnd(offset);
    if (end === undefined) return undefined;
    const at = this.show(offset, end);
    if (at === undefined) return undefined;
    const expected = uint32(this.window, at + 4);
    return checksum(this.window.subarray(at + HEADER_BYTES, at + end - offset)) === expected ? end : undefined;
  }

  /** Where the record ends if its length is right; undefined if it cannot be. */
  private supposedEnd(offset: number): number | undefined {
    if (offset + HEADER_BYTES > this.size) return undefined;
    const at = this.show(offset, offset + HEADER_BYTES);
    if (at === undefined) return undefined;
    const length = uint32(this.window, at);
    const end = offset + HEADER_BYTES + length;
    return length <= MAX_PAYLOAD_BYTES && end <= this.size ? end : undefined;
  }

  /** Brings a part of the file into the window. @returns where it begins there; undefined if it cannot be read */
  private show(start: number, end: number): number | undefined {
    const at = start - this.windowStart;
    if (at >= 0 && at + end - start <= this.window.length) return at;
    const wanted = Math.max(end - start, Math.min(WINDOW_BYTES, this.size - start));
    if (wanted > this.buffer.length) this.buffer = new Uint8Array(wanted);
    this.windowStart = start;
    this.window = this.buffer.subarray(0, this.read(wanted, start));
    return end - start <= this.window.length ? 0 : undefined;
  }

  /** @returns how many bytes could be read; less than wanted where the file ends or the disk fails */
  private read(wanted: number, position: number): number {
    let done = 0;
    try {
      while (done < wanted) {
        const read = readSync(this.fd, this.buffer, done, wanted - done, position + done);
        if (read === 0) break;
        done += read;
      }
    } catch {
      this.isBroken = done === 0;
    }
    return done;
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

const EMPTY = new Uint8Array(0);
