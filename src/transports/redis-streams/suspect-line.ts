import type { ConsumerSink } from '../../intake/event-consumer';
import { whenSo } from '../when-so';
import type { OpenIds } from './open-ids';
import type { ResolvedOptions } from './redis-streams-consumer-options';
import type { StreamEntry } from './stream-entry';
import type { PendingEntry, StreamGroup } from './stream-group';
import { SuspectQueue, type Suspect } from './suspect-queue';

/**
 * Number of deliveries after which an entry is given out alone: two consumers have crashed with it.
 */
export const SUSPECT_DELIVERIES = 2;

/** What giving out suspects needs from the reader. */
export interface SuspectParts {
  readonly options: Pick<ResolvedOptions, 'name' | 'count' | 'claimAfterMs' | 'maxDeliveries' | 'isRandomName'>;
  readonly group: StreamGroup;
  readonly intake: Pick<ConsumerSink, 'bury'>;
  readonly open: OpenIds;
  readonly isEnding: () => boolean;
  /** Passes entries to the tracker, except those that are open already. */
  readonly give: (entries: readonly StreamEntry[]) => void;
  readonly done: (entry: StreamEntry) => void;
  /** Called when reading may continue. */
  readonly onRoom: () => void;
}

/**
 * Gives out entries with which consumers have crashed, one at a time and those with the most
 * deliveries first. Reading continues meanwhile, unless consumers have crashed with one of them
 * alone: nothing else may be in flight when that entry is given out again.
 *
 * An entry that is not finished after `claimAfterMs`, for example because a destination is down, no
 * longer blocks the next one.
 */
export class SuspectLine {
  private readonly line = new SuspectQueue();
  private underWay: Suspect | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly parts: SuspectParts,
    private readonly forgetMissing: (key: string, ids: readonly string[]) => Promise<void>,
  ) {}

  /**
   * True while an entry waits or is in progress with which a consumer has crashed when it was the
   * only one in flight.
   */
  get holdsReading(): boolean {
    return hasDiedAlone(this.underWay?.entry.deliveries ?? 0) || hasDiedAlone(this.line.mostDeliveries);
  }

  add(key: string, entries: readonly PendingEntry[]): void {
    for (const entry of entries) this.line.add(key, entry);
    if (this.line.size === 0) return;
    // After a failure, the next check of pending entries finds these entries again.
    this.running ??= this.run()
      .catch(() => {
        this.line.clear();
      })
      .finally(() => {
        this.running = undefined;
        this.parts.onRoom();
        if (!this.parts.isEnding()) this.add('', []); // for entries added while the last run ended
      });
  }

  private async run(): Promise<void> {
    while (!this.parts.isEnding()) {
      const next = this.line.take();
      if (next === undefined) return;
      this.underWay = next;
      try {
        await this.giveAlone(next);
      } finally {
        this.underWay = undefined;
        this.parts.onRoom();
      }
    }
  }

  private async giveAlone(suspect: Suspect): Promise<void> {
    const { group, options, open, isEnding } = this.parts;
    const { key, entry: pending } = suspect;
    const { id } = pending;
    if (hasDiedAlone(pending.deliveries)) await this.until(() => open.size === 0);
    // The entry may have waited for a long time: another consumer may own it or have finished it.
    const now = await group.pendingEntry(key, id);
    const isOthers = now !== undefined && now.consumer !== options.name;
    if (now === undefined || open.has(key, id) || isEnding()) return;
    if (isOthers && now.idleMs < options.claimAfterMs) return;
    const [entry] = await group.claim(key, isOthers ? options.claimAfterMs : 0, [id]);
    if (entry === undefined) await this.forgetMissing(key, [id]);
    else if (!isEnding()) await this.giveOrBury(entry, now.deliveries);
  }

  private async giveOrBury(entry: StreamEntry, deliveries: number): Promise<void> {
    const { options, intake, open, give, done } = this.parts;
    // Deliveries together with other entries prove nothing about this one, however low
    // `maxDeliveries` is.
    if (deliveries > SUSPECT_DELIVERIES && deliveries >= options.maxDeliveries) {
      open.add(entry.key, entry.id);
      intake.bury(entry, `given-up: it was given to consumers ${String(deliveries)} times, and never finished`);
      done(entry);
      return;
    }
    give([entry]);
    await this.until(() => !open.has(entry.key, entry.id));
  }

  private until(isSo: () => boolean): Promise<void> {
    return whenSo(isSo, this.parts.isEnding, this.parts.options.claimAfterMs);
  }
}

function hasDiedAlone(deliveries: number): boolean {
  return deliveries > SUSPECT_DELIVERIES;
}
