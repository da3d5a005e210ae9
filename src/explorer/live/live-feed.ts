import type { SharedState } from '../api';
import type { LiveRow, Watcher } from './watcher';

/** Milliseconds between two messages to a browser. */
const FLUSH_MS = 200;
const RATE_MS = 1000;
/** Milliseconds between two looks at new events while no browser is connected. */
const IDLE_MS = 1000;
/** Maximum number of connected browsers. */
export const MAX_WATCHERS = 100;

/** Numbers of one tracker that every browser shows. */
export interface LiveNumbers {
  /** Number of events since the start. */
  readonly seen: number;
  readonly kept: number;
  readonly deadLetters: number;
  readonly violations: number;
}

/** What the feed reads from. */
export interface LiveSource {
  /** Makes the events since the last call ready, and passes them to `add` and `change`. */
  refresh(): void;
  numbers(tracker: string): LiveNumbers;
  /** Number of events since the start that were too many at once to be followed. */
  skipped(tracker: string): number;
}

/**
 * Passes new events to the connected browsers.
 *
 * One timer serves all of them: five times a second while a browser is connected, once a second
 * otherwise, so that values that are not redacted are held for a second at most.
 */
export class LiveFeed {
  private readonly watchers = new Set<Watcher>();
  private timer: NodeJS.Timeout | undefined;
  private lastRateAt = performance.now();
  private lastSeen = new Map<string, number>();
  private lastPerSecond = new Map<string, number>();
  private isClosed = false;

  constructor(private readonly source: LiveSource) {}

  get watching(): number {
    return this.watchers.size;
  }

  /** True if no further browser is connected. */
  get isFull(): boolean {
    return this.isClosed || this.watchers.size >= MAX_WATCHERS;
  }

  /** Starts the timer, which keeps no process alive. */
  start(): void {
    this.schedule();
  }

  /**
   * Connects a browser.
   * @returns a function that disconnects it; undefined if too many are connected
   */
  connect(watcher: Watcher): (() => void) | undefined {
    if (this.isFull) return undefined;
    this.watchers.add(watcher);
    this.sendRate(watcher, this.lastPerSecond.get(watcher.tracker) ?? 0);
    this.schedule();
    return () => {
      this.watchers.delete(watcher);
    };
  }

  add(live: LiveRow): void {
    for (const watcher of this.watchers) if (watcher.tracker === live.row.tracker) watcher.add(live);
  }

  change(live: LiveRow): void {
    for (const watcher of this.watchers) if (watcher.tracker === live.row.tracker) watcher.change(live);
  }

  /** Tells all browsers which processes they see. */
  share(state: SharedState): void {
    for (const watcher of this.watchers) watcher.send({ type: 'shared', ...state });
  }

  /** Ends all streams, because the application closes. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    for (const watcher of this.watchers) watcher.end();
    this.watchers.clear();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    this.timer = setTimeout(
      () => {
        this.tick(performance.now());
        this.schedule();
      },
      this.watchers.size > 0 ? FLUSH_MS : IDLE_MS,
    ).unref();
  }

  private tick(now: number): void {
    this.source.refresh();
    for (const watcher of this.watchers) {
      watcher.skip(this.source.skipped(watcher.tracker));
      if (watcher.flush(now)) continue;
      this.watchers.delete(watcher);
      watcher.drop();
    }
    if (now - this.lastRateAt >= RATE_MS) this.sendRates(now);
  }

  private sendRates(now: number): void {
    const seconds = (now - this.lastRateAt) / 1000;
    this.lastRateAt = now;
    this.lastPerSecond = new Map();
    const seen = new Map<string, number>();
    for (const { tracker } of this.watchers) {
      if (seen.has(tracker)) continue;
      const total = this.source.numbers(tracker).seen;
      seen.set(tracker, total);
      // Before the first browser is connected, the number is not looked at.
      const last = this.lastSeen.get(tracker);
      this.lastPerSecond.set(tracker, last === undefined ? 0 : Math.round((total - last) / seconds));
    }
    this.lastSeen = seen;
    for (const watcher of this.watchers) this.sendRate(watcher, this.lastPerSecond.get(watcher.tracker) ?? 0);
  }

  private sendRate(watcher: Watcher, perSecond: number): void {
    const { kept, deadLetters, violations } = this.source.numbers(watcher.tracker);
    watcher.send({ type: 'rate', perSecond, watchers: this.watchers.size, kept, deadLetters, violations });
  }
}
