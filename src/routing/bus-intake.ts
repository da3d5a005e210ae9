/**
 * Connects a consumer with the tree. An entry is done, and may be acknowledged, when every node of
 * the bus has settled the event and every handler has taken it. Until then the bus must keep it. An
 * entry that can never be done is kept as a dead letter, as it was read.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { TrackerScopes } from '../context/tracker-scopes';
import type { ConsumerLedger } from '../ledger/consumer-ledger';
import type { RecordOrigin } from '../delivery/queued-event';
import { Envelope } from '../event/envelope';
import { describeError } from '../event/normal-form';
import type { Normalizer } from '../event/normalizer';
import type { EventFields, StoredEvent, TrackingEvent } from '../event/tracking-event';
import { BusEventReader, sizeOfEntry } from './bus-event-reader';
import type { EventIntake, IncomingEntry } from './event-consumer';
import type { EventWork, WorkItem } from './event-work';
import { KnownEvents } from './known-events';
import type { Processing } from './processing';

/** Method decorated with @OnTrackingEvent. */
export interface EventHandler {
  /** Class and method name: `ReportsService.onEnrolment`. */
  readonly place: string;
  readonly wants: (name: string) => boolean;
  readonly call: (event: TrackingEvent) => unknown;
}

export interface IntakeParts {
  /** Name of the consumer in `consumers`. */
  readonly name: string;
  readonly works: () => readonly EventWork[];
  readonly handlers: () => readonly EventHandler[];
  readonly scopes: TrackerScopes;
  readonly normalizer: Normalizer;
  readonly processing: Processing;
  readonly ledger: ConsumerLedger;
  readonly dedupeWindowMs: number;
  readonly handlerAttempts: number;
  readonly keepLetter: (event: StoredEvent, reason: string, origin: RecordOrigin) => void;
  readonly warn: (key: string, text: () => string) => void;
}

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5000;

type OnDone = (index: number) => void;

/**
 * Event that at least one node or handler has not reported as done, in the form that the nodes
 * receive.
 */
class OpenEvent implements WorkItem {
  readonly isLent = true;
  readonly isProcessed = false;
  /**
   * Number of nodes and handlers that have not reported it as done, plus one until all were called.
   */
  open = 1;
  /** Reason why a handler will never take it. */
  failure: string | undefined;
  isDone = false;
  /** Callbacks for entries with the same event that arrived in the meantime. */
  waiters: ((isDone: boolean) => void)[] | undefined;

  constructor(
    readonly entry: IncomingEntry,
    readonly event: StoredEvent,
    readonly envelope: Envelope,
    readonly onDone: OnDone,
    readonly index: number,
  ) {}
}

export class BusIntake implements EventIntake {
  private readonly ending = new AbortController();
  private readonly known = new KnownEvents<OpenEvent>();
  private readonly reader: BusEventReader;
  private inHand = 0;
  private restWaiters: (() => void)[] = [];

  constructor(private readonly parts: IntakeParts) {
    this.reader = new BusEventReader(parts.normalizer);
    setMaxListeners(0, this.ending.signal); // one listener for each handler call
  }

  async take(entries: readonly IncomingEntry[], onDone: OnDone): Promise<void> {
    const { ledger, works } = this.parts;
    ledger.receive(entries.length);
    this.inHand += entries.length;
    const fresh: OpenEvent[] = [];
    const repeated: Promise<void>[] = [];
    let index = 0;
    for (const entry of entries) {
      const at = index++;
      const event = this.decode(entry);
      if (event === undefined) {
        this.end(onDone, at);
        continue;
      }
      const same = this.known.find(event.id);
      if (same instanceof OpenEvent) repeated.push(this.follow(same, onDone, at));
      else if (same !== undefined && performance.now() - same < this.parts.dedupeWindowMs) this.repeat(onDone, at);
      else fresh.push(this.open(entry, event, onDone, at));
    }
    const running = works().map((work) => {
      for (const each of fresh) each.open++;
      return work.run(
        fresh,
        (at) => {
          this.tick(fresh[at]);
        },
        true,
      );
    });
    const handlers = this.parts.handlers();
    for (const each of fresh) {
      if (handlers.length > 0) running.push(...this.callHandlers(each));
      this.tick(each); // releases the hold that kept the event open until all were called
    }
    await Promise.all(running);
    for (const each of fresh) if (!each.isDone) this.giveBack(each);
    await Promise.all(repeated);
  }

  bury(entry: IncomingEntry, reason: string): void {
    this.parts.ledger.receive(1);
    this.buryEntry(entry, reason);
  }

  /** Stops passing events to the nodes, which close now. */
  stop(): void {
    this.ending.abort(new Error('the application is closing'));
  }

  /** Resolves when every entry that was taken is done, or cannot be done. */
  whenAtRest(): Promise<void> {
    if (this.inHand === 0) return Promise.resolve();
    return new Promise((resolve) => this.restWaiters.push(resolve));
  }

  /**
   * Reports an entry as done. The `onDone` of an application's own consumer may throw; this must
   * not disturb the delivery of the child that has just settled the event.
   */
  private end(onDone: OnDone, at: number): void {
    this.leaveHand();
    try {
      onDone(at);
    } catch (error) {
      this.parts.warn(
        'onDone failed',
        () => `what it gave to intake.take failed: ${describeError(error)}. The entry may come again. (Told once.)`,
      );
    }
  }

  /** Returns undefined if the entry is not an event; the entry is then kept as a dead letter. */
  private decode(entry: IncomingEntry): StoredEvent | undefined {
    try {
      return this.reader.read(entry);
    } catch (error) {
      this.buryEntry(entry, `unreadable: ${describeError(error)}`);
      return undefined;
    }
  }

  private open(entry: IncomingEntry, event: StoredEvent, onDone: OnDone, at: number): OpenEvent {
    const length = sizeOfEntry(entry);
    const envelope = Envelope.carried(event, { length }, this.parts.normalizer);
    const opened = new OpenEvent(entry, event, envelope, onDone, at);
    this.known.open(event.id, opened);
    return opened;
  }

  /** Counts one node or handler that has taken the event, or never will. */
  private tick(event: OpenEvent | undefined, failure?: string): void {
    if (event === undefined) return;
    event.failure ??= failure;
    if (--event.open > 0) return;
    if (event.failure === undefined) this.parts.ledger.settle();
    else this.buryEntry(event.entry, event.failure, event.event);
    event.isDone = true;
    this.known.settle(event.event.id, performance.now());
    this.answerWaiters(event);
    this.end(event.onDone, event.index);
  }

  private giveBack(event: OpenEvent): void {
    this.parts.ledger.giveBack();
    this.known.forget(event.event.id);
    this.answerWaiters(event);
    this.leaveHand();
  }

  private answerWaiters({ isDone, waiters }: OpenEvent): void {
    for (const resolve of waiters ?? []) resolve(isDone);
  }

  /** Waits for an earlier entry with the same event; this entry is done when the earlier one is. */
  private async follow(same: OpenEvent, onDone: OnDone, at: number): Promise<void> {
    const isDone = await new Promise<boolean>((resolve) => (same.waiters ??= []).push(resolve));
    if (isDone) {
      this.repeat(onDone, at);
      return;
    }
    this.parts.ledger.giveBack();
    this.leaveHand();
  }

  private repeat(onDone: OnDone, at: number): void {
    this.parts.ledger.repeat();
    this.end(onDone, at);
  }

  private callHandlers(event: OpenEvent): Promise<void>[] {
    const wanting = this.parts.handlers().filter(({ wants }) => wants(event.envelope.name));
    event.open += wanting.length;
    return wanting.map(async (handler) => {
      const outcome = await this.handle(handler, event.envelope);
      if (outcome !== false) this.tick(event, outcome === true ? undefined : outcome);
    });
  }

  /** @returns true if the handler took the event, the reason if it never will, false at shutdown */
  private async handle(handler: EventHandler, envelope: Envelope): Promise<boolean | string> {
    const { processing, scopes, handlerAttempts } = this.parts;
    const { signal } = this.ending;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        // Each attempt numbers its events from the start, so events that it emits have the same ids
        // as before.
        const called = scopes.run('event', (envelope.context?.values ?? {}) as EventFields, () =>
          processing.runAsync(envelope.id, envelope.depth, handler.place, async () => {
            await handler.call(envelope.copy());
            return true;
          }),
        );
        return await this.orEnded(called);
      } catch (error) {
        if (attempt >= handlerAttempts) return `handler-failed: ${handler.place}: ${describeError(error)}`;
        const delayMs = Math.min(FIRST_RETRY_MS * 2 ** attempt, MAX_RETRY_MS);
        await wait(delayMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    return false;
  }

  /** Resolves with false if shutdown comes first: a method that never returns must not block it. */
  private async orEnded(called: Promise<boolean>): Promise<boolean> {
    const { signal } = this.ending;
    let end = (): void => undefined;
    const ended = new Promise<boolean>((resolve) => {
      end = () => {
        resolve(false);
      };
    });
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    try {
      return await Promise.race([called, ended]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  private buryEntry(entry: IncomingEntry, reason: string, event?: StoredEvent): void {
    const { keepLetter, ledger, warn, name } = this.parts;
    const { position } = entry;
    const raw = event === undefined ? this.reader.rawText(entry) : undefined;
    const unread: StoredEvent = {
      ...{ name: 'unreadable entry', timestamp: new Date(), id: position, context: {} },
      data: { position, ...(raw === undefined ? { bytes: sizeOfEntry(entry) ?? null } : { raw }) },
    };
    keepLetter(event ?? unread, reason, event === undefined ? { isRaw: true } : {});
    ledger.bury();
    warn(
      `letter ${name}`,
      () =>
        `the entry ${position} became a dead letter: ${reason}. See TrackingDeadLetters. (Told once; the ledger counts on.)`,
    );
  }

  private leaveHand(): void {
    if (--this.inHand > 0) return;
    for (const resolve of this.restWaiters.splice(0)) resolve();
  }
}
