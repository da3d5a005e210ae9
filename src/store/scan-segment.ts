/**
 * Finds the complete records of a segment, although a crash may tear the last record and a disk may
 * flip a bit in the middle. The scan keeps every complete record, reports damaged ranges, and never
 * reads past the file because of a wrong length.
 *
 * A record is complete when its length fits into the file and its checksum matches. After a damaged
 * record the search continues: first where its length says that the next record begins, then byte
 * by byte. JSON text cannot be mistaken for a record, because every length made of bytes of JSON
 * text is 64 MiB or more. For other contents the search is limited, and the part that it does not
 * reach counts as damaged.
 */
import { readSync } from 'node:fs';
import { checksum, HEADER_BYTES } from './record-format';
import { MAX_PAYLOAD_BYTES } from './record-store';

export interface DamagedRange {
  readonly start: number;
  readonly end: number;
}

const WINDOW_BYTES = 1024 * 1024;
/** Limit of the byte-by-byte search: it may check this many times the number of bytes to search. */
const SEARCH_FACTOR = 16;

export class SegmentScan {
  readonly damaged: DamagedRange[] = [];
  private buffer = EMPTY;
  private window: Uint8Array = EMPTY;
  private windowStart = 0;
  /**
   * True after a read error of the disk. Each further read there may take seconds, so the bytes
   * after it are not searched.
   */
  private isBroken = false;

  constructor(
    private readonly fd: number,
    private readonly size: number,
    private readonly found: (offset: number) => void,
    /** Offset of the first record. */
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

  /**
   * Returns the end of the record according to its length; undefined if that length is impossible.
   */
  private supposedEnd(offset: number): number | undefined {
    if (offset + HEADER_BYTES > this.size) return undefined;
    const at = this.show(offset, offset + HEADER_BYTES);
    if (at === undefined) return undefined;
    const length = uint32(this.window, at);
    const end = offset + HEADER_BYTES + length;
    return length <= MAX_PAYLOAD_BYTES && end <= this.size ? end : undefined;
  }

  /**
   * Loads a part of the file into the window.
   * @returns the position of `start` in the window; undefined if the part cannot be read
   */
  private show(start: number, end: number): number | undefined {
    const at = start - this.windowStart;
    if (at >= 0 && at + end - start <= this.window.length) return at;
    const wanted = Math.max(end - start, Math.min(WINDOW_BYTES, this.size - start));
    if (wanted > this.buffer.length) this.buffer = new Uint8Array(wanted);
    this.windowStart = start;
    this.window = this.buffer.subarray(0, this.read(wanted, start));
    return end - start <= this.window.length ? 0 : undefined;
  }

  /**
   * Reads into the buffer.
   * @returns the number of bytes read; less than wanted where the file ends or the disk fails
   */
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
