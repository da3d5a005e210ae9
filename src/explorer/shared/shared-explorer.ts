import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ProcessInfo } from '../api';
import type { LiveRow } from '../live/watcher';
import type { ChannelLink, ChannelProblem, ExplorerChannel } from './explorer-channel';
import { SendingSide, type SendingHost } from './sending-side';
import { ALL, headOf, inboxOf, messageText, readMessage, ROWS } from './shared-messages';
import { WatchingSide, type OtherEvent, type WatchingHost } from './watching-side';

/** Milliseconds. */
export const TIMES = {
  /** Between two messages with rows. */
  flushMs: 250,
  /** Between two messages that say that somebody watches, or that a process is there. */
  beatMs: 2000,
  /** For which such a message is believed. */
  leaseMs: 6000,
  /** For which the first list waits for the rows of other processes. */
  joinMs: 300,
  /** For which the answer of another process is waited for. */
  answerMs: 2000,
};

export interface SharedHost extends SendingHost, WatchingHost {
  /** True while a browser or a request waits for events here. */
  isWatching(): boolean;
}

/**
 * Merges the events of several processes: sends those of this process while somebody watches in
 * another one, and takes those of the others while somebody watches here.
 *
 * States:
 * - Idle: nobody watches. Two topics are listened to, nothing is sent, and no timer runs.
 * - Sending: begins with the first `watch` message of another process, and ends when none has come
 *   for six seconds.
 * - Watching: begins with `look`, and ends six seconds after the last browser or request. May be at
 *   the same time as Sending.
 * - Closed: `close` moves here.
 */
export class SharedExplorer {
  private readonly origin = randomUUID();
  private readonly ownHead = headOf(this.origin);
  private readonly sending: SendingSide;
  private readonly watching: WatchingSide;
  private link: ChannelLink | undefined;
  private timer: NodeJS.Timeout | undefined;
  private problemNow: ChannelProblem | undefined;
  private lastLookAt = -Infinity;
  private lastWatchAt = -Infinity;
  private joining: Promise<void> | undefined;
  private isJoining = false;
  private isWatching = false;

  constructor(
    private readonly channel: ExplorerChannel,
    private readonly host: SharedHost,
    limits: { readonly maxEvents: number; readonly maxBytes: number },
    private readonly times = TIMES,
  ) {
    const { origin } = this;
    const send = (topic: string, text: string): boolean => this.link?.send(topic, text) ?? false;
    this.sending = new SendingSide({ origin, host, times, send });
    this.watching = new WatchingSide({ origin, host, limits, times, send });
  }

  open(): void {
    this.link = this.channel.open({
      received: (_topic, text) => {
        this.receive(text);
      },
      changed: (problem) => {
        this.problemNow = problem;
        // What was sent meanwhile is asked for again.
        if (problem === undefined) this.lastWatchAt = -Infinity;
        this.host.stateChanged();
      },
    });
    this.listen();
  }

  /** True if this process has to follow its events for another one. */
  get isSending(): boolean {
    return this.sending.isSending;
  }

  /** Why no events of other processes come in; undefined while they do. */
  get problem(): ChannelProblem | undefined {
    return this.problemNow;
  }

  /** Number of rows of other processes that were forgotten. */
  get evicted(): number {
    return this.watching.rows.evicted;
  }

  /** Number of rows of other processes that are remembered. */
  count(tracker: string): number {
    return this.watching.rows.count(tracker);
  }

  /** Returns this process and those that were heard in the last seconds. */
  processes(): ProcessInfo[] {
    return [this.host.process, ...this.watching.processes];
  }

  /** Returns the rows of other processes, newest first. */
  rows(tracker: string): readonly LiveRow[] {
    return this.watching.rows.newestFirst(tracker);
  }

  /**
   * Begins to watch, or goes on. Resolves when the newest rows of the other processes are here, at
   * once if this process watches already.
   */
  look(): Promise<void> {
    this.lastLookAt = performance.now();
    if (this.link === undefined) return Promise.resolve();
    if (!this.isWatching) {
      this.isWatching = true;
      this.listen();
      this.begin();
    }
    if (this.problemNow !== undefined) return Promise.resolve();
    this.joining ??= this.join();
    return this.joining;
  }

  /** Takes an event of this process. */
  add(live: LiveRow): void {
    this.sending.add(live);
  }

  change(live: LiveRow): void {
    this.sending.change(live);
  }

  /**
   * Asks the process of an event for all that it remembers of it.
   * @returns undefined if no process is known to have had the event
   */
  async find(tracker: string, id: string): Promise<OtherEvent | undefined> {
    const row = this.watching.rows.find(id);
    if (row !== undefined && this.problemNow !== undefined) return { kind: 'away', process: row.row.process };
    return this.watching.find(tracker, id);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    const { link } = this;
    this.link = undefined;
    if (link === undefined) return;
    link.send(ALL, messageText({ type: 'gone', from: this.origin }));
    await link.close();
  }

  private async join(): Promise<void> {
    this.isJoining = true;
    this.sendWatch(true);
    await wait(this.times.joinMs, undefined, { ref: false });
    this.isJoining = false;
  }

  private begin(): void {
    this.timer ??= setInterval(() => {
      this.tick(performance.now());
    }, this.times.flushMs).unref();
  }

  private tick(now: number): void {
    const { beatMs, leaseMs } = this.times;
    this.sending.tick(now);
    this.watching.tick(now);
    if (!this.host.isWatching() && now - this.lastLookAt >= leaseMs) this.stopWatching();
    else if (now - this.lastWatchAt >= beatMs) this.sendWatch(this.lastWatchAt === -Infinity);
    if (this.isWatching || this.isSending) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private stopWatching(): void {
    if (!this.isWatching) return;
    this.isWatching = false;
    this.joining = undefined;
    this.listen();
    this.watching.clear();
  }

  private listen(): void {
    const topics = [ALL, inboxOf(this.origin)];
    this.link?.listen(this.isWatching ? [...topics, ROWS] : topics);
  }

  private sendWatch(isNew: boolean): void {
    if (this.link?.send(ALL, messageText({ type: 'watch', from: this.origin, isNew })) === true)
      this.lastWatchAt = performance.now();
  }

  private receive(text: string): void {
    if (this.link === undefined || text.startsWith(this.ownHead)) return;
    const message = readMessage(text);
    if (message === undefined) return;
    switch (message.type) {
      case 'watch':
        this.sending.lease(message);
        this.begin();
        break;
      case 'rows':
        // The list of a page that has just been opened contains the backlog.
        if (this.isWatching) this.watching.take(message, message.isBacklog && this.isJoining);
        break;
      case 'gone':
        this.sending.forget(message.from);
        this.watching.forget(message.from);
        break;
      case 'ask':
        this.sending.answer(message);
        break;
      case 'answer':
        this.watching.answered(message);
        break;
      default:
        message satisfies never;
    }
  }
}
