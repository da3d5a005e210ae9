/**
 * Between a consumer and the tree. An entry is done, and may be acknowledged, when every node of the bus has settled the event and
 * every handler has taken it; until then the bus must keep it. What can never be done is kept as a dead letter, as it was read.
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

/** A method with @OnTrackingEvent. */
export interface EventHandler {
  /** `ReportsService.onEnrolment`. */
  readonly place: string;
  readonly wants: (name: string) => boolean;
  readonly call: (event: TrackingEvent) => unknown;
}

export interface IntakeParts {
  /** Of the consumer, in `consumers`. */
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

/** One event of which somebody has still to say that it is done; as the nodes are given it. */
class OpenEvent implements WorkItem {
  readonly isLent = true;
  readonly isProcessed = false;
  /** Nodes and handlers that have not said so; one more while they are asked. */
  open = 1;
  /** Why it will never be taken by one of them. */
  failure: string | undefined;
  isDone = false;
  /** For entries with the same event that came meanwhile. */
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
    setMaxListeners(0, this.ending.signal); // one for each call of a handler
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
      this.tick(each); // what was held open until all had been asked
    }
    await Promise.all(running);
    for (const each of fresh) if (!each.isDone) this.giveBack(each);
    await Promise.all(repeated);
  }

  bury(entry: IncomingEntry, reason: string): void {
    this.parts.ledger.receive(1);
    this.buryEntry(entry, reason);
  }

  /** Nothing more is given to the nodes, which close now. */
  stop(): void {
    this.ending.abort(new Error('the application is closing'));
  }

  /** Resolves when all that was taken is done, or cannot be. */
  whenAtRest(): Promise<void> {
    if (this.inHand === 0) return Promise.resolve();
    return new Promise((resolve) => this.restWaiters.push(resolve));
  }

  /** A consumer of the application may fail in it, inside of the delivery of a child that has just settled the event. */
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

  /** undefined for what is no event: then it is a dead letter. */
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

  /** One more has taken it, or never will. */
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

  /** Of two entries with the same event, the second waits for the first, and is done with it. */
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

  /** @returns whether it has taken the event; why it never will */
  private async handle(handler: EventHandler, envelope: Envelope): Promise<boolean | string> {
    const { processing, scopes, handlerAttempts } = this.parts;
    const { signal } = this.ending;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        // Each attempt counts its events anew: what it emits has the same ids as before.
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

  /** false if the end comes first: a method that never comes back must not keep the application from closing. */
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
