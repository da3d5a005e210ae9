import { readFileSync } from 'node:fs';
import { backend, LoggerBackend, type LoggerBackendOptions, type NodeCounts } from 'nestjs-event-tracking';
import { LogFolder } from '../../support/log-folder';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';

export let folder: LogFolder;
export let logger: RecordingLogger;
beforeEach(() => {
  folder = new LogFolder();
  logger = new RecordingLogger();
});

export function start(options: LoggerBackendOptions): Promise<BuiltTracking> {
  return startTracking({ logger, backends: { log: backend(LoggerBackend, { rotationCheckMs: 0, ...options }) } });
}

export function log({ ledger }: BuiltTracking): NodeCounts {
  expectBalance(ledger);
  return ledger.node('log')!;
}

/** What was told of the log itself. */
export function told(): string[] {
  return logger.warnings.filter((text) => text.startsWith('backends.log (LoggerBackend)'));
}

/** Each second the writer tries again: lets that second pass. */
export function passRetry(): void {
  jest.advanceTimersByTime(1000);
}

export function numbersIn(path: string): number[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe(''); // a torn line at the end
  return lines.map((line) => (JSON.parse(line) as { data: { at: number } }).data.at);
}

export function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_number, at) => from + at);
}

export const modes: [what: string, options: LoggerBackendOptions][] = [
  ['in the background', { bufferBytes: 300 }],
  ['each at once', { sync: true }],
];
