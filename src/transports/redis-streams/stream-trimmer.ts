import type { StreamLink } from './redis-link';

/** Number of read entries kept for groups that are created later, as in Open edX. */
const KEPT_ENTRIES = 10_000;
/** Number of entries sent between two checks of the groups. */
const LOOK_EVERY = 1000;
/** Number of entries in the stream from which on the slowest group is reported. */
const REPORTED_ENTRIES = 100_000;
const REPLY_MS = 5000;

interface Group {
  readonly name: string;
  /** Id of the newest entry that was given to one of the group's consumers. */
  readonly lastDelivered: string;
  readonly pending: number;
}

/**
 * Trims a stream to the entries that its groups still need: the newest 10,000 entries, and every
 * entry from the oldest one that some group has not read or not acknowledged.
 */
export class StreamTrimmer {
  private sent = 0;
  private isLooking = false;
  private isReported = false;

  constructor(
    private readonly link: Pick<StreamLink, 'call'>,
    private readonly key: string,
    private readonly warn: (text: string) => void,
  ) {}

  /**
   * Call after entries were sent. Never rejects: a later call removes entries that this one could
   * not remove.
   */
  async afterSending(entries: number): Promise<void> {
    this.sent += entries;
    if (this.sent < LOOK_EVERY || this.isLooking) return;
    this.sent = 0;
    this.isLooking = true;
    try {
      await this.trim();
    } catch {
      // Redis before 6.2 does not support MINID; the limit of each XADD still applies.
    } finally {
      this.isLooking = false;
    }
  }

  private async trim(): Promise<void> {
    const { key } = this;
    const length = (await this.call('XLEN', key)) as number;
    if (length <= KEPT_ENTRIES) return;
    const groups = groupsOf(await this.call('XINFO', 'GROUPS', key));
    if (groups.length === 0) {
      await this.call('XTRIM', key, 'MAXLEN', '~', String(KEPT_ENTRIES));
      return;
    }
    const needed = await Promise.all(groups.map(async (group) => ({ group, from: await this.neededFrom(group) })));
    const slowest = needed.reduce((oldest, each) => (isBefore(each.from, oldest.from) ? each : oldest));
    const removed = await this.call(
      'XTRIM',
      ...[key, 'MINID', '~', slowest.from, 'LIMIT', String(length - KEPT_ENTRIES)],
    );
    if (length - (removed as number) >= REPORTED_ENTRIES) this.report(slowest.group.name, length);
  }

  /** Returns the id of the oldest entry that the group may still request. */
  private async neededFrom({ name, lastDelivered, pending }: Group): Promise<string> {
    if (pending === 0) return lastDelivered;
    const [, oldest] = (await this.call('XPENDING', this.key, name)) as readonly [number, string | null];
    return oldest ?? lastDelivered;
  }

  private report(group: string, length: number): void {
    if (this.isReported) return;
    this.isReported = true;
    this.warn(
      `the stream "${this.key}" has ${String(length)} entries, since the group "${group}" has not read or acknowledged them. From 1,000,000 on the oldest are cut off. Fix: start a consumer of the group, or remove it (XGROUP DESTROY), or give a maxLen. (Logged once.)`,
    );
  }

  private call(command: string, ...args: string[]): Promise<unknown> {
    return this.link.call(REPLY_MS, command, ...args);
  }
}

function groupsOf(reply: unknown): Group[] {
  return (reply as readonly (readonly unknown[])[]).map((pairs) => {
    const valueOf = (name: string): unknown => pairs[pairs.indexOf(name) + 1];
    return {
      name: String(valueOf('name')),
      lastDelivered: String(valueOf('last-delivered-id')),
      pending: Number(valueOf('pending')),
    };
  });
}

/** Compares entry ids of the form `milliseconds-number`. */
function isBefore(a: string, b: string): boolean {
  const [aMs = 0n, aSeq = 0n] = a.split('-').map(BigInt);
  const [bMs = 0n, bSeq = 0n] = b.split('-').map(BigInt);
  return aMs === bMs ? aSeq < bSeq : aMs < bMs;
}
