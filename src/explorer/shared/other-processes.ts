import type { EventDetail, ProcessInfo, SharedState } from '../api';
import type { EventWaiters } from '../event-waiters';
import type { LiveFeed } from '../live/live-feed';
import type { LiveRow } from '../live/watcher';
import { PROCESS } from '../process-info';
import type { ExplorerChannel } from './explorer-channel';
import { mergeByTime } from './other-rows';
import { SharedExplorer } from './shared-explorer';
import type { OtherEvent } from './watching-side';

/** What the explorer of this process gives the others. */
export interface OwnProcess {
  readonly feed: LiveFeed;
  readonly waiters: EventWaiters;
  readonly limits: { readonly maxEvents: number; readonly maxBytes: number };
  refresh(): void;
  /** Returns the newest events of all trackers, oldest first. */
  newest(limit: number): readonly LiveRow[];
  detail(tracker: string, id: string): EventDetail | undefined;
}

/** Maximum number of trackers whose events are counted. */
const MAX_TRACKERS = 100;

const NOBODY: SharedState = { processes: [PROCESS] };

/** The other processes of the application; there are none without a channel. */
export class OtherProcesses {
  private readonly shared: SharedExplorer | undefined;
  private readonly seenOf = new Map<string, number>();

  constructor(
    channel: ExplorerChannel | undefined,
    private readonly own: OwnProcess,
  ) {
    if (channel === undefined) return;
    const { feed, waiters, limits } = own;
    this.shared = new SharedExplorer(
      channel,
      {
        process: PROCESS,
        isWatching: () => feed.watching > 0 || waiters.waiting > 0,
        refresh: () => {
          own.refresh();
        },
        newest: (limit) => own.newest(limit),
        detail: (tracker, id) => own.detail(tracker, id),
        added: (live, weight) => {
          this.count(live.row.tracker, weight);
          feed.add({ ...live, weight });
          waiters.look(live);
        },
        changed: (live) => {
          feed.change(live);
          waiters.look(live);
        },
        stateChanged: () => {
          feed.share(this.state);
        },
      },
      limits,
    );
    this.shared.open();
  }

  /** True if another process has to be sent the events of this one. */
  get areWatching(): boolean {
    return this.shared?.isSending ?? false;
  }

  get processes(): readonly ProcessInfo[] {
    return this.state.processes;
  }

  get state(): SharedState {
    const { shared } = this;
    if (shared === undefined) return NOBODY;
    const { problem } = shared;
    return { processes: shared.processes(), ...(problem !== undefined && { problem }) };
  }

  /** Number of events of the others that came in so far, those that were not sent included. */
  seen(tracker: string): number {
    return this.seenOf.get(tracker) ?? 0;
  }

  /** Whoever reaches the channel can send names of trackers, so their number is bounded. */
  private count(tracker: string, events: number): void {
    if (this.seenOf.has(tracker) || this.seenOf.size < MAX_TRACKERS)
      this.seenOf.set(tracker, this.seen(tracker) + events);
  }

  /** Number of rows of the others that are remembered. */
  kept(tracker: string): number {
    return this.shared?.count(tracker) ?? 0;
  }

  /** Number of rows of other processes that were forgotten. */
  get evicted(): number {
    return this.shared?.evicted ?? 0;
  }

  /** Resolves when the newest rows of the others are here, or cannot be had now. */
  async look(): Promise<void> {
    await this.shared?.look();
  }

  add(live: LiveRow): void {
    this.shared?.add(live);
  }

  change(live: LiveRow): void {
    this.shared?.change(live);
  }

  /** Adds the rows of the others to those of this process, newest first. */
  merge(own: Iterable<LiveRow>, tracker: string): Iterable<LiveRow> {
    const others = this.shared?.rows(tracker) ?? [];
    return others.length === 0 ? own : mergeByTime(own, others);
  }

  async find(tracker: string, id: string): Promise<OtherEvent | undefined> {
    return this.shared?.find(tracker, id);
  }

  async close(): Promise<void> {
    await this.shared?.close();
  }
}
