import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the logs of one test, removed after it. */
export class LogFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'tracking-log-'));

  constructor() {
    folders.add(this);
  }

  file(name = 'tracking.log'): string {
    return join(this.path, name);
  }

  text(name?: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  /** The lines of a log, none of them torn: a file that does not end in a newline fails here. */
  lines(name?: string): string[] {
    const lines = this.text(name).split('\n');
    const rest = lines.pop();
    if (rest !== '') throw new Error(`the log ends with a torn line: ${String(rest)}`);
    return lines;
  }

  /** What was logged, parsed: throws at a line that is no JSON. */
  events(name?: string): LoggedEvent[] {
    return this.lines(name).map((line) => JSON.parse(line) as LoggedEvent);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface LoggedEvent {
  readonly name: string;
  readonly timestamp: string;
  readonly id: string;
  readonly context: Record<string, unknown>;
  readonly data: Record<string, unknown>;
}

const folders = new Set<LogFolder>();

// After all, not after each: by then every application that was closed after the test has written
// what it held.
afterAll(() => {
  for (const folder of folders) folder.remove();
  folders.clear();
});
