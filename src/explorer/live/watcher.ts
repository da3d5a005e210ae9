import type { Writable } from 'node:stream';
import type { EventRow, Outcome, StreamMessage } from '../api';
import type { EventFilter } from '../event-filter';
import type { FilterSubject } from '../filter-subject';

/** Maximum number of rows in one message; the others are only counted. */
const MAX_ROWS = 100;
/** Number of rows of which it is known that they were sent. */
const MAX_SENT = 1000;
/** Number of events whose outcomes wait for the next message: a page shows no more of them. */
const MAX_OUTCOMES = 2000;
/** Bytes that may wait for a slow reader before messages are left out. */
const MAX_WAITING_BYTES = 1_000_000;
/** Milliseconds after which a reader that takes nothing is disconnected. */
const MAX_STALL_MS = 15_000;

/** A row with what filters look at. */
export interface LiveRow {
  readonly row: EventRow;
  readonly subject: FilterSubject;
  /** Number of events that it stands for, if its process sends only some of them.  @default 1 */
  readonly weight?: number;
}

/**
 * Sends the events of one filter to one browser, as text/event-stream.
 *
 * Rows are collected and sent at each `flush`, at most 100 of them, so thousands of events per
 * second do not reach a page that could not show them. A reader that stops reading gets nothing
 * more once a megabyte waits for it, and is disconnected after 15 seconds: its cost is bounded.
 */
export class Watcher {
  private rows: EventRow[] = [];
  private matched = 0;
  private lastSkipped: number;
  private readonly sent = new Set<string>();
  private readonly outcomes = new Map<string, readonly Outcome[]>();
  private stalledSince: number | undefined;

  constructor(
    private readonly stream: Writable,
    private readonly filter: EventFilter,
    /** Name of the tracker whose events are sent. */
    readonly tracker: string,
    /** Number of events of the tracker so far that nobody followed. */
    skipped = 0,
  ) {
    this.lastSkipped = skipped;
  }

  /** Takes a new event, if the filter matches it. */
  add({ row, subject, weight = 1 }: LiveRow): void {
    if (!this.filter.matches(subject)) return;
    this.matched += weight;
    this.rows.push(row);
    remember(this.sent, row.id, MAX_SENT);
    if (this.rows.length > MAX_ROWS) this.rows.shift();
  }

  /**
   * Takes the number of events that were too many to be followed. They count as events that are not
   * shown, as far as it is known that the filter matches them.
   */
  skip(skipped: number): void {
    if (this.filter.isEmpty) this.matched += skipped - this.lastSkipped;
    this.lastSkipped = skipped;
  }

  /**
   * Takes an event with new outcomes. If the filter matches it only now, its row is sent. A page
   * may show rows that it has loaded otherwise, so outcomes are sent for every event that matches.
   */
  change(live: LiveRow): void {
    const { id, outcomes } = live.row;
    const wasSent = this.sent.has(id);
    if (!wasSent && !this.filter.matches(live.subject)) return;
    if (!wasSent && this.filter.mayMatchLater) this.add(live);
    this.outcomes.delete(id);
    this.outcomes.set(id, outcomes);
    if (this.outcomes.size > MAX_OUTCOMES) forgetOldest(this.outcomes);
  }

  /**
   * Sends what was collected.
   * @param now milliseconds of a monotonic clock
   * @returns false if the reader has to be disconnected
   */
  flush(now: number): boolean {
    if (this.stream.destroyed) return false;
    if (this.stream.writableLength > MAX_WAITING_BYTES) {
      this.stalledSince ??= now;
      return now - this.stalledSince < MAX_STALL_MS;
    }
    this.stalledSince = undefined;
    if (this.matched > 0) {
      const { rows, matched } = this;
      this.rows = [];
      this.matched = 0;
      this.send({ type: 'rows', rows, of: Math.round(matched) });
    }
    if (this.outcomes.size > 0) {
      const outcomes = [...this.outcomes].map(([id, each]) => ({ id, outcomes: each }));
      this.outcomes.clear();
      this.send({ type: 'outcomes', outcomes });
    }
    return true;
  }

  /** Sends a message, unless too much waits for the reader already. */
  send(message: StreamMessage): void {
    if (this.stream.writableLength > MAX_WAITING_BYTES) return;
    this.stream.write(`event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
  }

  end(): void {
    this.stream.end();
  }

  /** Disconnects a reader that takes nothing. */
  drop(): void {
    this.stream.destroy();
  }
}

function remember(ids: Set<string>, id: string, max: number): void {
  ids.add(id);
  if (ids.size > max) forgetOldest(ids);
}

function forgetOldest(from: Set<string> | Map<string, unknown>): void {
  const [oldest] = from.keys();
  if (oldest !== undefined) from.delete(oldest);
}
