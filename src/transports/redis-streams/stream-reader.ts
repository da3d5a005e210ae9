import { atMost } from '../../common/at-most';
import { printable } from '../../common/printable';
import { RetryDelay } from '../../common/retry-delay';
import { Waiters } from '../../common/waiters';
import type { ConsumerHost } from '../../intake/event-consumer';
import type { QueueProbe } from '../../routing/queue-probe';
import { Acknowledgements } from './acknowledgements';
import { GroupPositions } from './group-positions';
import { OpenIds } from './open-ids';
import type { StreamLink } from './redis-link';
import type { ResolvedOptions } from './redis-streams-consumer-options';
import { explain } from './redis-target';
import { StreamClaims } from './stream-claims';
import type { StreamEntry } from './stream-entry';
import { streamKey } from './stream-form';
import { isAnswer, StreamGroup } from './stream-group';
import { streamProbe } from './stream-probe';

const LAG_INTERVAL_MS = 5000;
const CLOSE_MS = 2000;
const RETRY = { minDelayMs: 50, maxDelayMs: 5000 };

/** Connections of a reader to the same Redis. The reader closes them. */
export interface ReaderLinks {
  /** Connection for all commands except reading. */
  readonly commands: StreamLink;
  /**
   * Connection for reading. It is blocked while it waits for entries, and closing it ends the wait.
   */
  readonly reading: StreamLink;
}

/**
 * Reads streams for a consumer group. Redis keeps an entry as pending until its consumer
 * acknowledges it, and never gives it to another consumer on its own. Live consumers therefore
 * claim the entries of a crashed one. They also reset the idle time of the entries they are working
 * on. Otherwise, while a destination is down, its events would move from consumer to consumer until
 * they became dead letters.
 *
 * States:
 * - Preparing: `begin` moves here, and so does each lost connection and each lost group. Creates
 *   the groups and takes over pending entries of this consumer.
 * - Reading: begins when all groups are prepared.
 * - Ending: `end` moves here. Nothing more is read; entries read before are still processed and
 *   acknowledged.
 * - Closed: `close` moves here. Unfinished entries are released for other consumers.
 */
export class StreamReader {
  private readonly group: StreamGroup;
  private readonly positions: GroupPositions;
  private readonly claims: StreamClaims;
  private readonly keys: readonly string[];
  private readonly ending = new AbortController();
  /** Entries that were read and are not acknowledged yet. */
  private readonly open = new OpenIds();
  private readonly acknowledgements: Acknowledgements;
  private readonly roomWaiters = new Waiters();
  /** Number of lost connections. After each loss the groups must be prepared again. */
  private losses = 0;
  /** Value of `losses` when the groups were last prepared. */
  private preparedAt = -1;
  private reading: Promise<void> | undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly warned = new Set<string>();

  constructor(
    private readonly options: ResolvedOptions,
    private readonly host: ConsumerHost,
    private readonly links: ReaderLinks,
  ) {
    const { topics, keyPrefix } = options;
    this.keys = topics.map((topic) => streamKey(keyPrefix, topic));
    this.group = new StreamGroup(links.commands, options);
    this.positions = new GroupPositions(this.group, this.keys, options, host);
    this.acknowledgements = new Acknowledgements(
      this.group,
      () => links.commands.isReady,
      (entries) => {
        for (const { key, id } of entries) this.open.delete(key, id);
        this.roomWaiters.release();
      },
    );
    this.claims = this.createClaims();
  }

  begin(): void {
    const { commands, reading } = this.links;
    const { claimAfterMs } = this.options;
    for (const link of [commands, reading]) {
      link.onLost(() => {
        this.losses++;
      });
    }
    commands.onReady(() => {
      this.acknowledgements.sendSoon();
    });
    this.reading = this.read();
    this.every(claimAfterMs / 2, () => this.claimIdle());
    this.every(claimAfterMs / 3, () => this.claims.hold());
    this.every(LAG_INTERVAL_MS, () => this.positions.measure());
  }

  /** Number of unread entries when last measured; undefined if unknown. */
  get lag(): number | undefined {
    return this.positions.lag;
  }

  /** Returns what asks Redis for the state of the group. */
  probe(): QueueProbe {
    return streamProbe(this.links.commands, this.keys, this.options.group);
  }

  /** Stops reading. Entries read before are still processed. */
  async end(timeoutMs: number): Promise<void> {
    this.ending.abort();
    this.roomWaiters.release();
    // This loses a reply that is on its way. Its entries are still pending, and are released with
    // the others.
    this.links.reading.close();
    await atMost(timeoutMs, this.reading);
  }

  /** Acknowledges finished entries, releases the others, and closes the connections. */
  async close(): Promise<void> {
    await atMost(CLOSE_MS, this.leave());
    for (const timer of this.timers) clearInterval(timer);
    this.acknowledgements.close();
    this.links.commands.close();
  }

  private createClaims(): StreamClaims {
    const { options, host, group, keys, open } = this;
    return new StreamClaims({
      ...{ options, group, keys, open, intake: host.intake },
      isEnding: () => this.isEnding(),
      whenRoom: () => this.whenRoom(),
      give: (entries) => {
        this.give(this.openUp(entries));
      },
      done: (entry) => {
        this.acknowledgements.add(entry);
      },
      onRoom: () => {
        this.roomWaiters.release();
      },
      missed: (entries) => {
        host.missed(entries);
      },
      warnOnce: (text) => {
        this.warnOnce(text);
      },
    });
  }

  private isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  private async read(): Promise<void> {
    const { commands, reading } = this.links;
    const { signal } = this.ending;
    const retry = new RetryDelay(RETRY);
    let next: Promise<StreamEntry[]> | undefined;
    while (!this.isEnding()) {
      try {
        if (next === undefined) {
          await Promise.all([commands.whenReady(signal), reading.whenReady(signal)]);
          if (!this.isPrepared()) await this.prepare();
          await this.whenRoom();
          if (this.isEnding()) return;
        }
        const taken = this.openUp(await (next ?? this.readNext()));
        // Redis looks for the next entries while these are decoded.
        next = this.hasRoom() && this.isPrepared() ? this.readNext() : undefined;
        next?.catch(() => undefined); // awaited in the next round, or ignored at the end
        this.give(taken);
        retry.reset();
      } catch (error) {
        if (this.isEnding()) return;
        next = undefined;
        if (isGroupLost(error)) this.preparedAt = -1;
        else if (commands.isReady && reading.isReady)
          this.warnOnce(`it cannot read: ${printable(explain(error), 300)}.`);
        await retry.wait(signal, false);
      }
    }
  }

  private readNext(): Promise<StreamEntry[]> {
    const { keys, group, links, options } = this;
    return group.read(links.reading, keys, options.count, options.blockMs);
  }

  private isPrepared(): boolean {
    return this.preparedAt === this.losses;
  }

  /**
   * Runs after each connection: the groups may be gone, and entries given to this consumer may not
   * have arrived.
   */
  private async prepare(): Promise<void> {
    const { losses } = this;
    await this.positions.prepare();
    await this.claims.takeOwn();
    this.preparedAt = losses;
    // After a failure, the next interval tries again.
    for (const first of [this.claimIdle(), this.positions.measure()]) first.catch(() => undefined);
  }

  private async claimIdle(): Promise<void> {
    if (this.isPrepared()) await this.claims.takeIdle();
  }

  /**
   * Marks entries as open.
   * @returns the entries that were not open yet
   */
  private openUp(entries: readonly StreamEntry[]): StreamEntry[] {
    return entries.filter(({ key, id }) => this.open.add(key, id));
  }

  /**
   * Passes entries to the intake.
   * @param taken entries returned by `openUp`
   */
  private give(taken: readonly StreamEntry[]): void {
    if (this.isEnding() || taken.length === 0) return;
    // `take` never rejects. Entries not reported as finished by then stay unfinished until the end.
    void this.host.intake.take(taken, (index) => {
      const entry = taken[index];
      if (entry !== undefined) this.acknowledgements.add(entry);
    });
  }

  private async leave(): Promise<void> {
    if (!this.links.commands.isReady) return;
    await this.acknowledgements.sendAll();
    await this.claims.release();
  }

  /** Resolves when there is capacity for one read, or when the end has begun. */
  private async whenRoom(): Promise<void> {
    while (!this.hasRoom() && !this.isEnding()) await this.roomWaiters.wait();
  }

  private hasRoom(): boolean {
    const { count, maxInFlight } = this.options;
    return this.open.size + count <= maxInFlight && !this.claims.suspects.holdsReading;
  }

  /** Runs `code` at each interval. A failure is ignored, and the next interval tries again. */
  private every(intervalMs: number, code: () => Promise<void>): void {
    const timer = setInterval(() => {
      if (this.links.commands.isReady) code().catch(() => undefined);
      this.acknowledgements.sendSoon();
    }, intervalMs);
    this.timers.push(timer.unref());
  }

  private warnOnce(text: string): void {
    if (this.warned.has(text)) return;
    this.warned.add(text);
    this.host.warn(`${text} (Logged once.)`);
  }
}

/** True if the group or its stream does not exist. */
function isGroupLost(error: unknown): boolean {
  return isAnswer(error, 'NOGROUP') || isAnswer(error, 'UNBLOCKED');
}
