import type { DeliveryCounts } from '../../ledger/counts';
import { Tally } from '../../ledger/tally';
import { ChunkEncoder } from './chunk-encoder';

/** Some whole lines, encoded, that are written together. */
export interface Chunk {
  /** Number of lines accepted before the first line of this chunk. */
  from: number;
  bytes: Buffer;
  lines: number;
  /** Number of bytes that the log has. */
  written: number;
  /** True if an abandoned write may still read the bytes. */
  isLeftBehind: boolean;
}

const NEWLINE = 0x0a;

/**
 * Holds lines from the moment they are accepted until they are known to be written, and counts
 * them.
 *
 * New lines are collected as one string. Encoding each line on its own would cost more than the
 * rest of the work. The string is closed into a chunk when it is due, or long enough, and no
 * earlier chunk waits. At all times accepted = delivered + dropped + the lines held here.
 */
export class HeldLines {
  /**
   * Size of the lines held, in bytes. The collected lines count by their characters until they are
   * encoded, because measuring each line costs a tenth of emit.
   */
  bytes = 0;
  /** Number of characters of the collected lines, with their newlines. */
  collectedLength = 0;
  private collected = '';
  private collectedLines = 0;
  private isDue = false;
  /** Closed chunks, oldest first. No chunk is empty. */
  private readonly chunks: Chunk[] = [];
  private readonly encoder = new ChunkEncoder();
  private accepted = 0;
  private delivered = 0;
  private readonly dropped = new Tally();
  private lost = 0;

  /** @param ripeLength number of characters at which the collected lines are due */
  constructor(private readonly ripeLength: number) {}

  add(line: string): void {
    this.collected += `${line}\n`;
    this.collectedLines++;
    this.collectedLength += line.length + 1;
    this.bytes += line.length + 1;
    this.accepted++;
  }

  /** Counts a line that was written without being held. */
  addWritten(): void {
    this.accepted++;
    this.delivered++;
  }

  /** Number of lines held. */
  get count(): number {
    return this.accepted - this.delivered - this.lost;
  }

  /** Number of lines accepted so far, written or not. */
  get acceptedCount(): number {
    return this.accepted;
  }

  /** Number of lines, counted from the first one accepted, before the oldest line held. */
  get writtenUpTo(): number {
    return this.chunks[0]?.from ?? this.accepted - this.collectedLines;
  }

  /** Makes the collected lines due, although they are not many. */
  makeDue(): void {
    this.isDue = true;
  }

  /**
   * Returns the chunk at a place, 0 for the oldest. Makes one of the collected lines if they are
   * due and no chunk is before them.
   */
  chunkAt(place: number): Chunk | undefined {
    const isRipe = this.collectedLines > 0 && (this.isDue || this.collectedLength >= this.ripeLength);
    if (isRipe && this.chunks.length === place) this.close();
    return this.chunks[place];
  }

  /** Makes a chunk of the collected lines. */
  close(): void {
    const from = this.accepted - this.collectedLines;
    const bytes = this.encoder.encode(this.collected);
    this.chunks.push({ from, bytes, lines: this.collectedLines, written: 0, isLeftBehind: false });
    this.bytes += bytes.length - this.collectedLength;
    this.resetCollected();
  }

  /**
   * Records that the log has taken more bytes of a chunk.
   * @returns true if the chunk is complete; it is then no longer held
   */
  advance(chunk: Chunk, bytes: number): boolean {
    chunk.written += bytes;
    this.bytes -= bytes;
    if (chunk.written < chunk.bytes.length) return false;
    this.delivered += chunk.lines;
    this.chunks.splice(this.chunks.indexOf(chunk), 1);
    return true;
  }

  /** Reuses the memory of a complete chunk, unless an abandoned write may still read it. */
  recycle({ bytes, isLeftBehind }: Chunk): void {
    if (!isLeftBehind) this.encoder.giveBack(bytes);
  }

  /**
   * Reduces a chunk to the lines that are not completely written, after a write fell short.
   * @param isContinued true to continue the half line; false to write it again from its start
   * @returns the bytes of the half line to remove from the log; empty if the line is continued
   */
  keepUnwritten(chunk: Chunk, isContinued: boolean): Buffer {
    const { bytes, written } = chunk;
    const startOfLine = written === 0 ? 0 : bytes.lastIndexOf(NEWLINE, written - 1) + 1;
    const keptFrom = isContinued ? written : startOfLine;
    let lines = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < startOfLine; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
    chunk.bytes = bytes.subarray(keptFrom);
    chunk.from += lines;
    chunk.lines -= lines;
    chunk.written = 0;
    this.delivered += lines;
    this.bytes += written - keptFrom;
    return bytes.subarray(keptFrom, written);
  }

  /**
   * Drops every line held, counted as 'shutdown'.
   * @returns the number of lines
   */
  drop(): number {
    const left = this.count;
    if (left > 0) this.dropped.add('shutdown', left);
    this.lost += left;
    this.chunks.length = 0;
    this.resetCollected();
    this.bytes = 0;
    return left;
  }

  counts(): DeliveryCounts {
    return {
      accepted: this.accepted,
      delivered: this.delivered,
      dropped: this.dropped.counts(),
      pending: this.count,
    };
  }

  private resetCollected(): void {
    this.collected = '';
    this.collectedLines = 0;
    this.collectedLength = 0;
    this.isDue = false;
  }
}
