/**
 * Splits a log into lines.
 * The log of a day is larger than memory, and a call per line would cost more than reading it. So
 * bytes are read in large chunks, and all complete lines of a chunk are decoded at once. A line
 * longer than the limit is skipped and reported: a file without newlines must not accumulate in
 * memory.
 */
import { isAscii, isUtf8 } from 'node:buffer';

export interface LineReader {
  /**
   * Receives a line without its newline. A carriage return is kept, which JSON treats as
   * whitespace. Lines are numbered from 1.
   */
  line(text: string, number: number): void;
  /**
   * Receives the number of a line that is not valid text.
   * @param why error, as the continuation of the line number: `is not UTF-8`
   */
  broken(number: number, why: string): void;
}

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = 0xfeff;
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export class LineSplitter {
  private number = 0;
  /** Start of a line that ends in a later chunk. */
  private rest: Buffer[] = [];
  private restBytes = 0;
  private isTooLong = false;

  constructor(
    private readonly reader: LineReader,
    private readonly maxLineBytes = MAX_LINE_BYTES,
  ) {}

  /** Number of lines read. */
  get lines(): number {
    return this.number;
  }

  /**
   * Splits the next chunk.
   * @param chunk its memory may be reused afterwards
   */
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

  /** Reads the last line, which may have no newline. */
  end(): void {
    if (this.isWithinLine) this.closeLine();
  }

  /**
   * Reports that the log ends too early. Counts as one broken line; the start of an incomplete line
   * is discarded.
   * @param why error, as the continuation of the line number: `is cut off`
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

  /** @param bytes one or more lines, without the last newline */
  private readLines(bytes: Buffer): void {
    if (bytes.length > this.maxLineBytes) this.readEach(bytes);
    else if (isAscii(bytes))
      // takes half the time of UTF-8, and most logs are ASCII
      this.readText(bytes.toString('latin1'));
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
    // On any line: logs may be joined with `cat`, and each may begin with a mark.
    this.reader.line(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text, ++this.number);
  }

  /** Reads the lines one by one, because one of them is invalid. */
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
