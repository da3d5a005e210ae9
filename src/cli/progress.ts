import type { Terminal } from './terminal';

const WIDTH = 24;
const EVERY_MS = 100;
const MIN_ESTIMATED_MS = 5000;

/**
 * Shows the progress of reading logs on one line of the error stream. Shows nothing if the stream
 * is not a terminal.
 */
export class Progress {
  private readonly startedAt = Date.now();
  private shownAt = 0;

  /** @param bytes size of all files, if known */
  constructor(
    private readonly terminal: Terminal,
    private readonly bytes: number | undefined,
  ) {}

  /**
   * Creates the progress for several logs.
   * @param logs logs that are read one after another
   */
  static of(terminal: Terminal, logs: readonly { readonly bytes: number | undefined }[]): Progress {
    const isKnown = logs.every(({ bytes }) => bytes !== undefined);
    return new Progress(terminal, isKnown ? logs.reduce((sum, { bytes = 0 }) => sum + bytes, 0) : undefined);
  }

  show(bytesRead: number, lines: number): void {
    if (!this.terminal.isWatched) return;
    const now = Date.now();
    if (now - this.shownAt < EVERY_MS) return;
    this.shownAt = now;
    const rate = Math.round((lines * 1000) / Math.max(1, now - this.startedAt));
    this.terminal.progress(
      `${this.bar(bytesRead)}  ${amount(lines, 'line')}, ${count(rate)}/s${this.timeLeft(bytesRead, now)}`,
    );
  }

  /** Shown from the fifth second on; before that it would mislead. */
  private timeLeft(bytesRead: number, now: number): string {
    const tookMs = now - this.startedAt;
    if (this.bytes === undefined || bytesRead === 0 || tookMs < MIN_ESTIMATED_MS) return '';
    const left = Math.ceil(((Math.max(0, this.bytes - bytesRead) / bytesRead) * tookMs) / 1000);
    return left < 100 ? `, ${String(left)} s left` : `, ${String(Math.ceil(left / 60))} min left`;
  }

  /** Clears the line. */
  clear(): void {
    if (this.shownAt > 0) this.terminal.progress('');
  }

  private bar(bytesRead: number): string {
    if (this.bytes === undefined || this.bytes === 0) return `${count(Math.round(bytesRead / 1e6))} MB`;
    const share = Math.min(1, bytesRead / this.bytes);
    const full = Math.round(share * WIDTH);
    return `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
  }
}

/** Formats a number: `1,234,567`. */
export function count(number: number): string {
  return number.toLocaleString('en');
}

/** Formats a number with its noun: `1 line`, `2,000 lines`. */
export function amount(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`;
}
