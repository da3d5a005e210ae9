import { PENDING_PAGE, type PendingEntry } from './stream-group';
import { SUSPECT_DELIVERIES, SuspectLine, type SuspectParts } from './suspect-line';

type ReadPage = (after: string | undefined) => Promise<PendingEntry[]>;

/** What claiming needs from the reader. */
export interface ClaimParts extends SuspectParts {
  readonly keys: readonly string[];
  /** Resolves when more entries may be read, or at the end. */
  readonly whenRoom: () => Promise<void>;
  /** Counts entries that were removed from the stream. */
  readonly missed: (entries: number) => void;
  readonly warnOnce: (text: string) => void;
}

/**
 * Moves pending entries between the consumers of a group: takes over those that were never
 * acknowledged, keeps those in progress, and releases the rest at the end.
 *
 * One of the entries taken over may have crashed its consumers. The number of deliveries does not
 * show which one, because it is the same for everything that was in flight. Entries are therefore
 * claimed together only until two consumers have crashed with them. From then on they are given out
 * one at a time, and only deliveries of an entry alone count towards `maxDeliveries`.
 */
export class StreamClaims {
  readonly suspects: SuspectLine;
  private isClaimingIdle = false;

  constructor(private readonly parts: ClaimParts) {
    this.suspects = new SuspectLine(parts, (key, ids) => this.forgetMissing(key, ids));
  }

  /**
   * Takes over the pending entries of this consumer, or of an earlier process with the same name.
   */
  async takeOwn(): Promise<void> {
    const { keys, group } = this.parts;
    for (const key of keys) await this.takeOver(key, 0, (after) => group.ownPending(key, after, PENDING_PAGE));
  }

  /**
   * Takes over entries whose consumers have been idle for `claimAfterMs`. Does nothing if the
   * previous call has not ended.
   */
  async takeIdle(): Promise<void> {
    if (this.isClaimingIdle) return;
    this.isClaimingIdle = true;
    const { keys, group, options } = this.parts;
    const { claimAfterMs } = options;
    try {
      for (const key of keys) {
        await this.takeOver(key, claimAfterMs, (after) => group.idlePending(key, claimAfterMs, after, PENDING_PAGE));
      }
    } finally {
      this.isClaimingIdle = false;
    }
  }

  /** Resets the idle time of the entries in progress, so that no other consumer claims them. */
  async hold(): Promise<void> {
    const { keys, group, open } = this.parts;
    for (const key of keys) await group.hold(key, open.of(key));
  }

  /**
   * Releases every pending entry of this consumer for other consumers. Then deletes a consumer with
   * a generated name that has none.
   */
  async release(): Promise<void> {
    const { keys, group, open, options } = this.parts;
    for (const key of keys) {
      const ids = await this.ownIds(key);
      const given = ids.filter((id) => open.has(key, id));
      const waiting = ids.filter((id) => !open.has(key, id));
      await group.giveBack(key, given, options.claimAfterMs, 'forget deliveries');
      await group.giveBack(key, waiting, options.claimAfterMs, 'keep deliveries');
      if (ids.length === 0 && options.isRandomName) await group.leave(key);
    }
  }

  private async ownIds(key: string): Promise<string[]> {
    const { group } = this.parts;
    const ids: string[] = [];
    let page: PendingEntry[];
    do {
      page = await group.ownPending(key, ids.at(-1), PENDING_PAGE);
      ids.push(...page.map(({ id }) => id));
    } while (page.length > 0);
    return ids;
  }

  private async takeOver(key: string, idleMs: number, readPage: ReadPage): Promise<void> {
    const { options, open, isEnding, whenRoom } = this.parts;
    for (let after: string | undefined; !isEnding();) {
      const page = await readPage(after);
      const wanted = page.filter(({ id }) => !open.has(key, id));
      this.suspects.add(
        key,
        wanted.filter(({ deliveries }) => deliveries >= SUSPECT_DELIVERIES),
      );
      const others = wanted.filter(({ deliveries }) => deliveries < SUSPECT_DELIVERIES);
      for (let at = 0; at < others.length; at += options.count) {
        await whenRoom();
        if (isEnding()) return;
        await this.claim(key, idleMs, others.slice(at, at + options.count));
      }
      if (page.length === 0) return;
      after = page.at(-1)?.id;
    }
  }

  private async claim(key: string, idleMs: number, wanted: readonly PendingEntry[]): Promise<void> {
    const { group, isEnding, give } = this.parts;
    const ids = wanted.map(({ id }) => id);
    const claimed = await group.claim(key, idleMs, ids);
    if (isEnding()) return;
    give(claimed);
    if (claimed.length === ids.length) return;
    const got = new Set(claimed.map(({ id }) => id));
    await this.forgetMissing(
      key,
      ids.filter((id) => !got.has(id)),
    );
  }

  private async forgetMissing(key: string, ids: readonly string[]): Promise<void> {
    const { group, missed, warnOnce } = this.parts;
    const missing = await group.missing(key, ids);
    if (missing.length === 0) return;
    await group.acknowledge(key, missing);
    missed(missing.length);
    warnOnce(
      `entries of the stream "${key}" were removed from it after they were read and before they were done. They are lost to this group, and counted as missed. Fix: leave out maxLen of redisStreams, or make it larger.`,
    );
  }
}
