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
import { setTimeout as wait } from 'node:timers/promises';
import { RedisLink } from './redis-link';
import { explain } from './redis-target';
import { streamKey } from './stream-form';
import { atMost } from '../../common/at-most';
import { printable } from '../../common/printable';
import type { ConsumerSurroundings } from '../../routing/event-consumer';
import type { ResolvedOptions } from './redis-streams-consumer-options';
import { DoneEntries } from './done-entries';
import { OpenIds } from './open-ids';
import type { StreamEntry } from './stream-entry';
import { isAnswer, PENDING_PAGE, StreamGroup } from './stream-group';
import { positionOf } from './stream-position';
import { StreamTakeover } from './stream-takeover';

const LAG_INTERVAL_MS = 5000;
const CLOSE_MS = 2000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5000;

export class StreamReader {
  /** Connection for all commands except reading. */
  private readonly link: RedisLink;
  /**
   * Connection for reading. It is blocked while it waits for entries, and closing it ends the wait.
   */
  private readonly readingLink: RedisLink;
  private readonly group: StreamGroup;
  private readonly takeover: StreamTakeover;
  private readonly keys: readonly string[];
  private readonly ending = new AbortController();
  /** Entries that were read and are not acknowledged yet. */
  private readonly open = new OpenIds();
  private readonly doneEntries: DoneEntries;
  private roomWaiters: (() => void)[] = [];
  /** Number of lost connections. After each loss the groups must be prepared again. */
  private losses = 0;
  private preparedAt = -1;
  private hasBegun = false;
  private isClaiming = false;
  private reading: Promise<void> | undefined;
  private timers: NodeJS.Timeout[] = [];
  private lags: number | undefined;
  private readonly told = new Set<string>();

  constructor(
    private readonly options: ResolvedOptions,
    private readonly surroundings: ConsumerSurroundings,
  ) {
    const { target, topics, keyPrefix } = options;
    this.link = new RedisLink(target, surroundings);
    this.readingLink = new RedisLink(target, undefined);
    this.group = new StreamGroup(this.link, options);
    this.keys = topics.map((topic) => streamKey(keyPrefix, topic));
    this.doneEntries = new DoneEntries(
      this.group,
      () => this.link.isReady,
      (entries) => {
        for (const { key, id } of entries) this.open.delete(key, id);
        this.answerRoom();
      },
    );
    this.takeover = new StreamTakeover({
      ...{ options, group: this.group, open: this.open, intake: surroundings.intake },
      isEnding: () => this.isEnding(),
      whenRoom: () => this.whenRoom(),
      give: (entries) => {
        this.give(this.openUp(entries));
      },
      done: (entry) => {
        this.doneEntries.add(entry);
      },
      onRoom: () => {
        this.answerRoom();
      },
      missed: (entries) => {
        this.surroundings.missed(entries);
      },
      tellOnce: (text) => {
        this.tellOnce(text);
      },
    });
  }

  begin(): void {
    const { claimAfterMs } = this.options;
    for (const { redis } of [this.link, this.readingLink]) {
      redis.on('close', () => {
        this.losses++;
      });
    }
    this.link.redis.on('ready', () => {
      this.doneEntries.tellSoon();
    });
    this.reading = this.read();
    this.every(claimAfterMs / 2, () => this.claimIdle());
    this.every(claimAfterMs / 3, () => this.holdOpen());
    this.every(LAG_INTERVAL_MS, () => this.lookAtLag());
  }

  get lag(): number | undefined {
    return this.lags;
  }

  private isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  /** Stops reading. Entries read before are still processed. */
  async end(timeoutMs: number): Promise<void> {
    this.ending.abort();
    this.answerRoom();
    // This loses a reply that is on its way. Its entries are still pending, and are released with
    // the others.
    this.readingLink.close();
    await atMost(timeoutMs, this.reading);
  }

  async close(): Promise<void> {
    await atMost(CLOSE_MS, this.leave());
    for (const timer of this.timers) clearInterval(timer);
    this.doneEntries.close();
    this.link.close();
  }

  private async read(): Promise<void> {
    const { readingLink } = this;
    const { signal } = this.ending;
    let failures = 0;
    let next: Promise<StreamEntry[]> | undefined;
    while (!this.isEnding()) {
      try {
        if (next === undefined) {
          await Promise.all([this.link.whenReady(signal), readingLink.whenReady(signal)]);
          if (this.preparedAt !== this.losses) await this.prepare();
          await this.whenRoom();
          if (this.isEnding()) return;
        }
        const taken = this.openUp(await (next ?? this.readNext()));
        // Redis looks for the next entries while these are decoded.
        next = this.hasRoom() && this.preparedAt === this.losses ? this.readNext() : undefined;
        next?.catch(() => undefined); // awaited in the next round, or ignored at the end
        this.give(taken);
        failures = 0;
      } catch (error) {
        if (this.isEnding()) return;
        next = undefined;
        if (isGroupLost(error)) this.preparedAt = -1;
        else if (this.link.isReady && readingLink.isReady)
          this.tellOnce(`it cannot read: ${printable(explain(error), 300)}.`);
        const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures++, 10), MAX_RETRY_MS);
        await wait(delayMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  private readNext(): Promise<StreamEntry[]> {
    const { keys, group, readingLink, options } = this;
    return group.read(readingLink, keys, options.count, options.blockMs);
  }

  /**
   * Runs after each connection: the groups may be gone, and entries given to this consumer may not
   * have arrived.
   */
  private async prepare(): Promise<void> {
    const { losses, keys, group, options } = this;
    for (const key of keys) {
      if (!this.hasBegun) await this.place(key);
      else if (await group.create(key, '0')) {
        this.surroundings.restarted();
        this.surroundings.warn(
          `the group "${options.group}" of the stream "${key}" was gone (FLUSHALL, XGROUP DESTROY, or a Redis that lost its file) and was made anew, at the beginning of the stream. Fix: keep the bus in a Redis with appendonly yes and maxmemory-policy noeviction.`,
        );
      }
    }
    this.hasBegun = true;
    for (const key of keys) await this.takeover.own(key);
    this.preparedAt = losses;
    // After a failure, the next interval tries again.
    for (const first of [this.claimIdle(), this.lookAtLag()]) first.catch(() => undefined);
  }

  private async place(key: string): Promise<void> {
    const { group, options } = this;
    const at = options.start === 'new' ? '$' : '0';
    const isNew = await group.create(key, at);
    if (!isNew && options.start !== 'group') await group.move(key, at);
    // Measured now, because entries trimmed from here on count as missed. Old Redis versions report
    // no such position.
    const position = await positionOf(group, key).catch(() => undefined);
    if (position !== undefined && position.missed > 0 && options.start === 'group')
      this.reportGap(key, position.missed);
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
    void this.surroundings.intake.take(taken, (index) => {
      const entry = taken[index];
      if (entry !== undefined) this.doneEntries.add(entry);
    });
  }

  private async claimIdle(): Promise<void> {
    if (this.isClaiming || this.preparedAt !== this.losses) return;
    this.isClaiming = true;
    try {
      for (const key of this.keys) await this.takeover.idle(key);
    } finally {
      this.isClaiming = false;
    }
  }

  private async holdOpen(): Promise<void> {
    for (const key of this.keys) await this.group.hold(key, this.open.of(key));
  }

  private async lookAtLag(): Promise<void> {
    const positions = await Promise.all(this.keys.map((key) => positionOf(this.group, key)));
    for (const [at, { missed }] of positions.entries()) if (missed > 0) this.reportGap(this.keys[at] ?? '', missed);
    this.lags = positions.reduce<number | undefined>(
      (sum, { lag }) => (sum === undefined || lag === undefined ? undefined : sum + lag),
      0,
    );
  }

  private reportGap(key: string, missed: number): void {
    const { surroundings, options } = this;
    surroundings.missed(missed);
    surroundings.warn(
      `the stream "${key}" had ${String(missed)} entries removed before the group "${options.group}" read them. They are lost to this group. Fix: leave out maxLen of redisStreams, or make it larger (EVENT_BUS_REDIS_STREAM_MAX_LEN of Open edX).`,
    );
  }

  /** Runs last: acknowledges finished entries and releases the others for other consumers. */
  private async leave(): Promise<void> {
    const { keys, group, options } = this;
    if (!this.link.isReady) return;
    await this.doneEntries.tellAll();
    for (const key of keys) {
      const pending = await group.ownPending(key, undefined, PENDING_PAGE);
      const ids: string[] = [];
      for (let page = pending; page.length > 0; page = await group.ownPending(key, ids.at(-1), PENDING_PAGE))
        ids.push(...page.map(({ id }) => id));
      const given = ids.filter((id) => this.open.has(key, id));
      const waiting = ids.filter((id) => !this.open.has(key, id));
      await group.giveBack(key, given, options.claimAfterMs, 'forget deliveries');
      await group.giveBack(key, waiting, options.claimAfterMs, 'keep deliveries');
      if (ids.length > 0) continue;
      if (options.isRandomName) await group.leave(key);
    }
  }

  /** Resolves when there is capacity for one read, or when the end has begun. */
  private async whenRoom(): Promise<void> {
    while (!this.hasRoom() && !this.isEnding()) await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
  }

  private hasRoom(): boolean {
    const { count, maxInFlight } = this.options;
    return this.open.size + count <= maxInFlight && !this.takeover.suspects.holdsReading;
  }

  private answerRoom(): void {
    for (const resolve of this.roomWaiters.splice(0)) resolve();
  }

  /** Runs `code` at each interval. A failure is ignored, and the next interval tries again. */
  private every(intervalMs: number, code: () => Promise<void>): void {
    const timer = setInterval(() => {
      if (this.link.isReady) code().catch(() => undefined);
      this.doneEntries.tellSoon();
    }, intervalMs);
    this.timers.push(timer.unref());
  }

  private tellOnce(text: string): void {
    if (this.told.has(text)) return;
    this.told.add(text);
    this.surroundings.warn(`${text} (Told once.)`);
  }
}

/** True if the group or its stream does not exist. */
function isGroupLost(error: unknown): boolean {
  return isAnswer(error, 'NOGROUP') || isAnswer(error, 'UNBLOCKED');
}
