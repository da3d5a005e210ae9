/**
 * A log of a day is larger than memory, and a call for each line would cost more than reading it. So bytes are taken in large
 * chunks, and all whole lines of a chunk become text at once. A line that is longer than the bound is skipped to its end and
 * told: a file without newlines must not be gathered in memory.
 */
import { isAscii, isUtf8 } from 'node:buffer';

export interface LineReader {
  /** A line without its newline; a carriage return stays, which JSON takes for space. Lines are numbered from 1. */
  line(text: string, number: number): void;
  /** A line that is no text. @param why reads on from the number: `is not UTF-8` */
  broken(number: number, why: string): void;
}

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = 0xfeff;
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export class LineSplitter {
  private number = 0;
  /** The beginning of a line whose end is in a chunk to come. */
  private rest: Buffer[] = [];
  private restBytes = 0;
  private isTooLong = false;

  constructor(
    private readonly reader: LineReader,
    private readonly maxLineBytes = MAX_LINE_BYTES,
  ) {}

  /** How many lines have been read. */
  get lines(): number {
    return this.number;
  }

  /** @param chunk may be used for other bytes afterwards */
  push(chunk: Buffer): void {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last === -1) {
      this.keep(chunk);
      return;
    }
    let start = 0;
    if (this.isWithinLine) {
      const end = chunk.indexOf(NEWLINE);
      this.keep(chunk.subarray(0, end));
      this.closeLine();
      start = end + 1;
    }
    if (start <= last) this.readLines(chunk.subarray(start, last));
    this.keep(chunk.subarray(last + 1));
  }

  /** The last line may have no newline. */
  end(): void {
    if (this.isWithinLine) this.closeLine();
  }

  /**
   * The log stops here, and not where it should. Counts as a broken line; the beginning of a line goes with it.
   * @param why reads on from the number: `is cut off`
   */
  cutOff(why: string): void {
    this.isTooLong = false;
    this.forgetRest();
    this.reader.broken(++this.number, why);
  }

  private get isWithinLine(): boolean {
    return this.restBytes > 0 || this.isTooLong;
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0 || this.isTooLong) return;
    this.isTooLong = this.restBytes + piece.length > this.maxLineBytes;
    if (this.isTooLong) {
      this.forgetRest();
      return;
    }
    this.rest.push(Buffer.from(piece));
    this.restBytes += piece.length;
  }

  private closeLine(): void {
    const { isTooLong } = this;
    const line = Buffer.concat(this.rest);
    this.isTooLong = false;
    this.forgetRest();
    if (isTooLong) this.reader.broken(++this.number, `is longer than ${String(this.maxLineBytes)} bytes`);
    else this.readLines(line);
  }

  private forgetRest(): void {
    this.rest = [];
    this.restBytes = 0;
  }

  /** @param bytes one line or more, without the last newline */
  private readLines(bytes: Buffer): void {
    if (bytes.length > this.maxLineBytes) this.readEach(bytes);
    else if (isAscii(bytes))
      this.readText(bytes.toString('latin1')); // half the time of UTF-8, and most logs are
    else if (isUtf8(bytes)) this.readText(bytes.toString('utf8'));
    else this.readEach(bytes);
  }

  private readText(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.readLine(text.slice(start, end));
      start = end + 1;
    }
    this.readLine(text.slice(start));
  }

  private readLine(text: string): void {
    // On any line: logs are put together with `cat`, and each may begin with a mark.
    this.reader.line(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text, ++this.number);
  }

  /** One of them is not as it should be, and the others are. */
  private readEach(bytes: Buffer): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      const line = end === -1 ? bytes.subarray(start) : bytes.subarray(start, end);
      if (line.length > this.maxLineBytes)
        this.reader.broken(++this.number, `is longer than ${String(this.maxLineBytes)} bytes`);
      else if (isUtf8(line)) this.readLine(line.toString('utf8'));
      else this.reader.broken(++this.number, 'is not UTF-8');
      if (end === -1) return;
      start = end + 1;
    }
  }
}
