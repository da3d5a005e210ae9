import { atMost } from '../common/at-most';
import { RetryDelay } from '../common/retry-delay';
import { Waiters } from '../common/waiters';
import { within } from '../common/within';
import type { ConsumerHost } from '../intake/event-consumer';
import { LastingOutage } from '../transports/lasting-outage';
import { DoneRows } from './done-rows';
import { OutboxEntry } from './outbox-entry';
import type { OutboxBacklog, OutboxRow, OutboxRows } from './outbox-rows';
import { relayFailure } from './relay-failure';
import type { ResolvedRelayOptions } from './relay-options';
import { WakeUp } from './wake-up';

const RETRY = { minDelayMs: 100, maxDelayMs: 5000 };
const CLOSE_MS = 2000;
const BACKLOG_MS = 5000;
/** Time after which an event that is passed on cannot be one that ends the process. */
const SURVIVE_MS = 5000;
/** Number of leases of one event that may end with the process before it is a dead letter. */
const MAX_ATTEMPTS = 10;

type Rows = Pick<
  OutboxRows,
  'lease' | 'hasSuspect' | 'leaseSuspect' | 'remove' | 'extend' | 'clear' | 'release' | 'backlog'
>;
type Reports = Pick<ConsumerHost, 'intake' | 'warn' | 'tell'>;
type ReaderOptions = Pick<ResolvedRelayOptions, 'batchSize' | 'maxInFlight' | 'leaseMs'>;

/**
 * Takes events out of the table of an outbox and passes them to the intake. A row stays in the
 * table, leased, until its event is done, so a process that ends leaves it to the others.
 *
 * An event that ends its process would be leased by one process after the other. One whose leases
 * ended so five times is therefore passed on alone, and after ten times it becomes a dead letter.
 *
 * States: reading (from `begin`) -> ending (`end`: leases nothing more) -> closed (`close`: rows
 * that are not done are released).
 */
export class RelayReader {
  /** Rows that are leased and not deleted yet, with the time when their event was passed on. */
  private readonly open = new Map<string, number>();
  private readonly room = new Waiters();
  private readonly wakeUp = new WakeUp();
  private readonly ending = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly done: DoneRows;
  private readonly outage: LastingOutage;
  private reading: Promise<void> | undefined;
  /** The latest statement that changes leased rows. */
  private writing: Promise<void> = Promise.resolve();
  private lastBacklog: OutboxBacklog | undefined;
  private isCounting = false;
  /** Time of `performance.now()` before which no suspect is looked for. */
  private nextSuspectAt = 0;

  /**
   * @param prepare called before the first row is leased, again after a failure
   * @param pollIntervalMs returns the time after which to look without being woken
   */
  constructor(
    private readonly rows: Rows,
    private readonly host: Reports,
    private readonly options: ReaderOptions,
    private readonly prepare: () => Promise<void>,
    private readonly pollIntervalMs: () => number,
  ) {
    this.outage = new LastingOutage({
      failing: (error) => {
        host.warn(`it cannot use its table: ${relayFailure(error)}. Its events wait there, and it tries again.`);
      },
      answering: () => {
        host.tell('it uses its table again.');
      },
    });
    this.done = new DoneRows(
      (positions) => this.inTurn(() => rows.remove(positions)),
      (positions) => {
        this.forget(positions);
      },
      (error) => {
        this.outage.failed(error as Error);
      },
    );
  }

  /** Rows that waited when they were last counted; undefined if unknown. */
  get waiting(): number | undefined {
    return this.lastBacklog?.waiting;
  }

  begin(): void {
    this.reading = this.read();
    this.every(this.options.leaseMs / 3, () => this.inTurn(() => this.rows.extend([...this.open.keys()])));
    this.every(BACKLOG_MS, async () => {
      if (this.isCounting) return;
      this.isCounting = true;
      try {
        this.lastBacklog = await this.rows.backlog();
      } finally {
        this.isCounting = false;
      }
    });
  }

  /** Looks for rows now. */
  wake(): void {
    this.wakeUp.call();
  }

  /** Leases no more rows. The events of those that are leased are still passed on. */
  async end(timeoutMs: number): Promise<void> {
    this.ending.abort();
    this.room.release();
    await atMost(timeoutMs, this.reading);
  }

  /** Deletes the rows that are done, and releases the others. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await atMost(CLOSE_MS, this.done.settled());
    this.done.end();
    await atMost(
      CLOSE_MS,
      this.inTurn(() => this.rows.release([...this.open.keys()])),
    );
    this.outage.end();
  }

  private async read(): Promise<void> {
    const { signal } = this.ending;
    const { batchSize } = this.options;
    const retry = new RetryDelay(RETRY);
    let isPrepared = false;
    while (!signal.aborted) {
      try {
        if (!isPrepared) await this.prepare();
        isPrepared = true;
        await this.whenRoom();
        if (this.isEnding()) return;
        const leased = await this.rows.lease(batchSize);
        if (this.isEnding()) {
          await this.release(leased);
          return;
        }
        this.give(leased);
        const hasMore = (await this.takeSuspect()) || leased.length === batchSize;
        if (!this.done.isFailing) this.outage.answered();
        retry.reset();
        if (!hasMore) await this.wakeUp.wait(this.pollIntervalMs(), signal);
      } catch (error) {
        isPrepared = false; // the table may be gone
        this.outage.failed(error as Error);
        await retry.wait(signal, false);
      }
    }
  }

  /**
   * Passes on one event that may end the process, alone: other rows are done, or the process has
   * survived them. While a backend is down, rows are not done for hours, and the rest must go on.
   * @returns false if there was none
   */
  private async takeSuspect(): Promise<boolean> {
    if (performance.now() < this.nextSuspectAt) return false;
    if (!(await this.rows.hasSuspect())) {
      // A row becomes one when a lease ends, so looking more often would find nothing.
      this.nextSuspectAt = performance.now() + this.options.leaseMs / 3;
      return false;
    }
    await this.whenSurvived();
    const row = this.isEnding() ? undefined : await this.rows.leaseSuspect();
    if (row === undefined) return false;
    if (this.isEnding()) await this.release([row]);
    else if (row.attempts > MAX_ATTEMPTS) this.bury(row);
    else {
      this.give([row]);
      await this.whenSurvived();
    }
    return true;
  }

  /**
   * Waits until each open row is done, or was passed on so long ago that its event cannot be one
   * that ends the process. The attempts of those are cleared.
   */
  private async whenSurvived(): Promise<void> {
    const { signal } = this.ending;
    const surviveMs = Math.min(SURVIVE_MS, this.options.leaseMs / 3);
    for (;;) {
      const leftMs = this.newest() + surviveMs - performance.now();
      if (this.open.size === 0 || leftMs <= 0 || signal.aborted) break;
      await within({ timeoutMs: leftMs, signal, keepsAlive: false }, this.room.wait(), () => undefined);
    }
    if (signal.aborted || this.open.size === 0) return;
    await this.inTurn(() => this.rows.clear([...this.open.keys()]));
  }

  /** Time at which the latest open row was passed on. */
  private newest(): number {
    let newest = -Infinity;
    for (const at of this.open.values()) newest = Math.max(newest, at);
    return newest;
  }

  private release(leased: readonly OutboxRow[]): Promise<void> {
    const positions = leased.map(({ position }) => position).filter((position) => !this.open.has(position));
    return this.inTurn(() => this.rows.release(positions));
  }

  private bury(row: OutboxRow): void {
    const times = String(row.attempts - 1);
    const reason = `given-up: it was given to relays ${times} times, and never finished`;
    this.open.set(row.position, performance.now());
    this.host.intake.bury(new OutboxEntry(row), reason);
    this.done.add(row.position);
  }

  private isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  private give(leased: readonly OutboxRow[]): void {
    const rows = leased.filter(({ position }) => !this.open.has(position));
    for (const { position } of rows) this.open.set(position, performance.now());
    if (rows.length === 0) return;
    // `take` never rejects. Rows that are not done by then stay leased until the end.
    void this.host.intake.take(
      rows.map((row) => new OutboxEntry(row)),
      (index) => {
        const row = rows[index];
        if (row !== undefined) this.done.add(row.position);
      },
    );
  }

  /** Runs statements on leased rows one after the other: two at once could wait for each other. */
  private inTurn(statement: () => Promise<void>): Promise<void> {
    const turn = this.writing.then(statement);
    this.writing = turn.catch(() => undefined);
    return turn;
  }

  private forget(positions: readonly string[]): void {
    for (const position of positions) this.open.delete(position);
    this.room.release();
  }

  private async whenRoom(): Promise<void> {
    const { batchSize, maxInFlight } = this.options;
    while (this.open.size + batchSize > maxInFlight && !this.isEnding()) await this.room.wait();
  }

  /** Runs `work` at each interval. A failure is not reported: reading fails too, and reports it. */
  private every(intervalMs: number, work: () => Promise<void>): void {
    const timer = setInterval(() => {
      work().catch(() => undefined);
    }, intervalMs);
    this.timers.push(timer.unref());
  }
}
