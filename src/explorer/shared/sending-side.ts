import type { EventDetail, ProcessInfo } from '../api';
import type { LiveRow } from '../live/watcher';
import { Outbox } from './outbox';
import { inboxOf, messageText, ROWS, rowsText, type MessageOf } from './shared-messages';

const MAX_WATCHERS = 100;
const MAX_BACKLOG = 100;
/** Characters of the longest answer about one event. */
const MAX_DETAIL = 1_000_000;

/** What other processes are shown. */
export interface SendingHost {
  readonly process: ProcessInfo;
  /** Makes the newest events ready, and passes them to `add`. */
  refresh(): void;
  /** Returns the newest events, oldest first. */
  newest(limit: number): readonly LiveRow[];
  detail(tracker: string, id: string): EventDetail | undefined;
}

/** What the events of this process are sent with. */
export interface SendingParts {
  readonly origin: string;
  readonly host: SendingHost;
  readonly times: { readonly beatMs: number; readonly leaseMs: number };
  readonly send: (topic: string, text: string) => boolean;
}

/** Sends the events of this process while somebody watches in another one. */
export class SendingSide {
  private readonly outbox = new Outbox();
  /** Processes that watch, with the time until which it is believed. */
  private readonly leases = new Map<string, number>();
  private lastRowsAt = -Infinity;

  constructor(private readonly parts: SendingParts) {}

  /** True while another process watches. */
  get isSending(): boolean {
    return this.leases.size > 0;
  }

  add(live: LiveRow): void {
    if (this.isSending) this.outbox.add(live);
  }

  change(live: LiveRow): void {
    if (this.isSending) this.outbox.change(live);
  }

  /** Takes the message that another process watches. */
  lease({ from, isNew }: MessageOf<'watch'>): void {
    const { host, times, origin, send } = this.parts;
    const isKnown = this.leases.has(from);
    if (!isKnown && this.leases.size >= MAX_WATCHERS) return;
    // Events from before the lease belong to the backlog, and not to the outbox as well.
    if (!this.isSending) host.refresh();
    this.leases.set(from, performance.now() + times.leaseMs);
    // A watcher that is heard for the first time has not heard this process either.
    if (isKnown && !isNew) return;
    const backlog = new Outbox();
    for (const live of host.newest(MAX_BACKLOG)) backlog.add(live);
    send(inboxOf(from), rowsText({ ...backlog.take(), from: origin, process: host.process, isBacklog: true }));
  }

  forget(origin: string): void {
    this.leases.delete(origin);
  }

  /** Sends what was collected, or at least that this process is there. */
  tick(now: number): void {
    for (const [watcher, until] of this.leases) if (until < now) this.leases.delete(watcher);
    if (this.isSending) this.sendRows(now);
    else this.outbox.clear();
  }

  answer({ from, question, tracker, id }: MessageOf<'ask'>): void {
    const { host, origin, send } = this.parts;
    const detail = host.detail(tracker, id);
    const answer = { type: 'answer', from: origin, question } as const;
    const text = messageText(detail === undefined ? answer : { ...answer, detail });
    send(inboxOf(from), text.length > MAX_DETAIL ? messageText({ ...answer, isTooLarge: true }) : text);
  }

  private sendRows(now: number): void {
    const { host, times, origin, send } = this.parts;
    host.refresh();
    const taken = this.outbox.take();
    const hasNews = taken.of > 0 || taken.outcomes.length > 0;
    if (!hasNews && now - this.lastRowsAt < times.beatMs) return;
    this.lastRowsAt = now;
    send(ROWS, rowsText({ ...taken, from: origin, process: host.process, isBacklog: false }));
  }
}
