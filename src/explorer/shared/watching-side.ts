import type { EventDetail, Outcome, ProcessInfo } from '../api';
import type { LiveRow } from '../live/watcher';
import { OtherRows } from './other-rows';
import { Questions } from './questions';
import { inboxOf, messageText, type MessageOf } from './shared-messages';

const MAX_PROCESSES = 100;

/** Who shows the events of other processes. */
export interface WatchingHost {
  /** Takes an event of another process, which stands for `weight` of them. */
  added(live: LiveRow, weight: number): void;
  changed(live: LiveRow): void;
  /** Called when processes come or go, or the channel stops or starts to work. */
  stateChanged(): void;
}

/** Event of another process, or why it cannot be shown. */
export type OtherEvent =
  | { readonly kind: 'found'; readonly detail: EventDetail }
  | { readonly kind: 'away' | 'forgotten' | 'too-large' | 'silent' | 'ended'; readonly process: string };

/** What the events of other processes are taken with. */
export interface WatchingParts {
  readonly origin: string;
  readonly host: WatchingHost;
  readonly limits: { readonly maxEvents: number; readonly maxBytes: number };
  readonly times: { readonly answerMs: number; readonly leaseMs: number };
  readonly send: (topic: string, text: string) => boolean;
}

/** Remembers the other processes and their events while somebody watches here. */
export class WatchingSide {
  readonly rows: OtherRows;
  private readonly questions: Questions;
  /** Processes by their origin. */
  private readonly peers = new Map<string, { readonly info: ProcessInfo; readonly heardAt: number }>();

  constructor(private readonly parts: WatchingParts) {
    this.rows = new OtherRows(parts.limits);
    this.questions = new Questions(parts.times.answerMs);
  }

  get processes(): ProcessInfo[] {
    return [...this.peers.values()].map(({ info }) => info);
  }

  /** @param isListed true if a list that contains these rows is on its way to the page */
  take({ from, process, rows, of, outcomes }: MessageOf<'rows'>, isListed: boolean): void {
    const { host } = this.parts;
    if (!this.hear(from, process)) return;
    const weight = rows.length === 0 ? 1 : Math.max(1, of / rows.length);
    for (const shared of rows) {
      const live = this.rows.add(shared, from);
      if (live !== undefined && !isListed) host.added(live, weight);
    }
    for (const { id, outcomes: now } of outcomes) this.settle(id, now);
  }

  /** Asks the process of an event for all that it remembers of it. */
  async find(tracker: string, id: string): Promise<OtherEvent | undefined> {
    const row = this.rows.find(id);
    if (row === undefined) return undefined;
    const { process } = row.row;
    // A process that has ended would be waited for in vain.
    if (!this.peers.has(row.origin)) return { kind: 'ended', process };
    const { origin: from, send } = this.parts;
    const answer = await this.questions.ask((question) =>
      send(inboxOf(row.origin), messageText({ type: 'ask', from, question, tracker, id })),
    );
    if (answer === undefined) return { kind: this.peers.has(row.origin) ? 'silent' : 'ended', process };
    if (answer.isTooLarge) return { kind: 'too-large', process };
    const { detail } = answer;
    return detail?.id === id ? { kind: 'found', detail } : { kind: 'forgotten', process };
  }

  answered({ question, detail, isTooLarge = false }: MessageOf<'answer'>): void {
    this.questions.answer(question, { detail, isTooLarge });
  }

  forget(origin: string): void {
    if (this.peers.delete(origin)) this.parts.host.stateChanged();
  }

  /** Forgets processes that were not heard for a while. Their rows stay. */
  tick(now: number): void {
    for (const [origin, { heardAt }] of this.peers) if (heardAt < now - this.parts.times.leaseMs) this.forget(origin);
  }

  clear(): void {
    this.rows.clear();
    this.peers.clear();
  }

  private settle(id: string, outcomes: readonly Outcome[]): void {
    const live = this.rows.change(id, outcomes);
    if (live !== undefined) this.parts.host.changed(live);
  }

  /** @returns false if there are too many processes */
  private hear(from: string, info: ProcessInfo): boolean {
    const isNew = !this.peers.has(from);
    if (isNew && this.peers.size >= MAX_PROCESSES) return false;
    this.peers.set(from, { info, heardAt: performance.now() });
    if (isNew) this.parts.host.stateChanged();
    return true;
  }
}
