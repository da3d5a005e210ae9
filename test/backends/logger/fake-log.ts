import type { ChunkSinkEvents } from '../../../src/backends/logger/background-sink';
import type { ChunkLog } from '../../../src/backends/logger/chunk-writer';

/** A log in memory that accepts as much as the test allows. */
export class FakeLog implements ChunkLog {
  isEndUnknown = false;
  /** What was written, in one entry for each opening. */
  readonly files: string[] = [];
  isOpen = false;
  isMoved = false;
  openError: Error | undefined;
  writeError: Error | undefined;
  /** Maximum number of bytes that one write in this thread takes. */
  maxBytesPerWrite = Infinity;
  /** Patience of each write in this thread. */
  readonly patienceMs: number[] = [];
  readonly sinks: FakeSink[] = [];

  /** @param hasBackground false for a pipe or standard output */
  constructor(private readonly hasBackground = true) {}

  get text(): string {
    return this.files.join('');
  }

  get sink(): FakeSink {
    return this.sinks.at(-1)!;
  }

  open(): void {
    if (this.openError !== undefined) throw this.openError;
    this.isOpen = true;
    this.isMoved = false;
    this.files.push('');
  }

  close(): void {
    this.isOpen = false;
  }

  hasMoved(): boolean {
    return this.isMoved;
  }

  write(bytes: Buffer, from: number, patienceMs: number): number {
    this.patienceMs.push(patienceMs);
    if (this.writeError !== undefined) throw this.writeError;
    const taken = bytes.subarray(from, from + this.maxBytesPerWrite);
    this.append(taken);
    return taken.length;
  }

  removeFragment(fragment: Buffer): void {
    if (fragment.length === 0) return;
    const last = this.files.pop()!;
    if (!last.endsWith(fragment.toString())) throw new Error(`The log does not end with ${fragment.toString()}.`);
    this.files.push(last.slice(0, last.length - fragment.toString().length));
  }

  background(events: ChunkSinkEvents): FakeSink | undefined {
    if (!this.hasBackground) return undefined;
    this.sinks.push(new FakeSink(this, events));
    return this.sink;
  }

  append(bytes: Buffer): void {
    if (!this.isOpen) throw new Error('The log is not open.');
    this.files.push(`${this.files.pop()!}${bytes.toString()}`);
  }
}

/** A background write that ends when the test says so. */
export class FakeSink {
  bytes: Buffer | undefined;
  /** What `awaitEnd` returns while a write is in progress. */
  isSeenToEnd = false;
  readonly waitedMs: number[] = [];
  writeError: Error | undefined;
  isReleased = false;

  constructor(
    private readonly log: FakeLog,
    private readonly events: ChunkSinkEvents,
  ) {}

  get isUnderWay(): boolean {
    return this.bytes !== undefined;
  }

  write(bytes: Buffer): void {
    if (this.writeError !== undefined) throw this.writeError;
    if (this.isUnderWay) throw new Error('A write is in progress.');
    this.bytes = bytes;
  }

  awaitEnd(patienceMs: number): boolean {
    this.waitedMs.push(patienceMs);
    return !this.isUnderWay || this.isSeenToEnd;
  }

  release(): void {
    this.isReleased = true;
    this.bytes = undefined;
    this.log.close();
  }

  /** Ends the write in progress. @param count number of bytes that the log takes */
  finish(count = this.bytes!.length): void {
    const taken = this.bytes!.subarray(0, count);
    this.log.append(taken);
    this.bytes = undefined;
    this.events.written(taken.length);
  }

  fail(error: Error): void {
    this.events.failed(error);
  }
}

export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
