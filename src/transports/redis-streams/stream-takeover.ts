import type { EventIntake } from '../../routing/event-consumer';
import type { OpenIds } from './open-ids';
import type { ResolvedOptions } from './redis-streams-consumer-options';
import type { StreamEntry } from './stream-entry';
import { PENDING_PAGE, type PendingEntry, type StreamGroup } from './stream-group';
import { SUSPECT_DELIVERIES, SuspectLine } from './suspect-line';

type Pending = (after: string | undefined) => Promise<PendingEntry[]>;

/** Functions of the reader that taking over needs. */
export interface TakeoverParts {
  readonly options: ResolvedOptions;
  readonly group: StreamGroup;
  readonly intake: EventIntake;
  readonly open: OpenIds;
  readonly isEnding: () => boolean;
  /** Resolves when more entries may be read, or at the end. */
  readonly whenRoom: () => Promise<void>;
  /** Passes entries to the tracker, except those that are open already. */
  readonly give: (entries: readonly StreamEntry[]) => void;
  readonly done: (entry: StreamEntry) => void;
  /** Called when reading may continue. */
  readonly onRoom: () => void;
  /** Counts entries that were removed from the stream. */
  readonly missed: (entries: number) => void;
  readonly tellOnce: (text: string) => void;
}

/**
 * Takes over entries that Redis gave to a consumer and that were never acknowledged.
 *
 * One of them may have crashed its consumers. The number of deliveries does not show which one,
 * because it is the same for everything that was in flight. Entries are therefore claimed together
 * only until two consumers have crashed with them. From then on they are given out one at a time,
 * and only deliveries of an entry alone count towards `maxDeliveries`.
 */
export class StreamTakeover {
  readonly suspects: SuspectLine;

  constructor(private readonly parts: TakeoverParts) {
    this.suspects = new SuspectLine(parts, (key, ids) => this.forgetMissing(key, ids));
  }

  /**
   * Takes over the pending entries of this consumer, or of an earlier process with the same name.
   */
  async own(key: string): Promise<void> {
    await this.takeOver(key, 0, (after) => this.parts.group.ownPending(key, after, PENDING_PAGE));
  }

  /** Takes over entries whose consumers have been idle for `claimAfterMs`. */
  async idle(key: string): Promise<void> {
    const { group, options } = this.parts;
    const { claimAfterMs } = options;
    await this.takeOver(key, claimAfterMs, (after) => group.idlePending(key, claimAfterMs, after, PENDING_PAGE));
  }

  private async takeOver(key: string, idleMs: number, pending: Pending): Promise<void> {
    const { options, open, isEnding, whenRoom } = this.parts;
    for (let after: string | undefined; !isEnding();) {
      const page = await pending(after);
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
    const { group, missed, tellOnce } = this.parts;
    const missing = await group.missing(key, ids);
    if (missing.length === 0) return;
    await group.acknowledge(key, missing);
    missed(missing.length);
    tellOnce(
      `entries of the stream "${key}" were removed from it after they were read and before they were done. They are lost to this group, and counted as missed. Fix: leave out maxLen of redisStreams, or make it larger.`,
    );
  }
}
