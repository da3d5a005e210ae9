import { ChunkWriter, type ChunkWriterOptions } from '../../../src/backends/logger/chunk-writer';
import { HeldLines } from '../../../src/backends/logger/held-lines';
import { WritableNotice } from '../../../src/backends/logger/writable-notice';
import { FakeLog } from './fake-log';

export let log: FakeLog;
export let held: HeldLines;
export let writer: ChunkWriter;
export let warnings: string[];
export let progress: number[];

export function create(options: Partial<ChunkWriterOptions> = {}, hasBackground = true): void {
  log = new FakeLog(hasBackground);
  held = new HeldLines(1_000_000);
  warnings = [];
  progress = [];
  const notice = new WritableNotice('the log', 1000, (text) => warnings.push(text));
  const all = { sync: false, continuesLines: false, ...options };
  writer = new ChunkWriter(all, log, held, notice, () => progress.push(held.writtenUpTo));
}

export function add(...lines: string[]): void {
  for (const line of lines) held.add(line);
  held.makeDue();
}

beforeEach(() => {
  jest.useFakeTimers();
  create();
});
afterEach(() => {
  writer.close();
  jest.useRealTimers();
});
