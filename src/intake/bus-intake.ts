/**
 * Connects a consumer with the tree. An entry is done, and may be acknowledged, when every node of
 * the bus has settled the event and every handler has taken it. Until then the bus must keep it. An
 * entry that can never be done is kept as a dead letter, as it was read.
 */
import type { ConsumerLedger } from '../ledger/consumer-ledger';
import type { RecordOrigin } from '../delivery/queued-event';
import { Envelope } from '../event/envelope';
import { describeError } from '../event/normal-form';
import type { Normalizer } from '../event/normalizer';
import type { IdentifiedEvent } from '../event/tracking-event';
import { BusEventReader, sizeOfEntry } from './bus-event-reader';
import type { ConsumerSink, ConsumedMessage } from './event-consumer';
import { HandlerCalls, type HandlerParts } from './handler-calls';
import { KnownEvents } from './known-events';
import { Latch } from '../queues/latch';
import type { NodeWork, WorkItem } from '../routing/queued-backend';

export interface IntakeParts extends HandlerParts {
  /** Name of the consumer in `consumers`. */
  readonly name: string;
  readonly works: () => readonly NodeWork[];
  readonly normalizer: Normalizer;
  readonly ledger: ConsumerLedger;
  readonly dedupeWindowMs: number;
  readonly keepLetter: (event: IdentifiedEvent, reason: string, origin: RecordOrigin) => void;
  readonly warn: (key: string, text: () => string) => void;
}

type OnDone = (index: number) => void;

/**
 * Event that at least one node or handler holds, because it has not reported it as done. It has the
 * form that the nodes receive.
 */
class OpenEvent extends Latch implements WorkItem {
  readonly isRetained = true;
  readonly isProcessed = false;
  /** Reason why a handler will never take it. */
  failure: string | undefined;
  isDone = false;
  /** Callbacks for entries with the same event that arrived in the meantime. */
  waiters: ((isDone: boolean) => void)[] | undefined;

  constructor(
    readonly entry: ConsumedMessage,
    readonly event: IdentifiedEvent,
    readonly envelope: Envelope,
    readonly onDone: OnDone,
    readonly index: number,
    private readonly onComplete: (event: OpenEvent) => void,
  ) {
    super();
  }

  protected complete(): void {
    this.onComplete(this);
  }
}

/**
 * Takes the entries that one consumer has read.
 *
 * An event is open from `open` until all nodes and handlers that hold it have reported it as done;
 * `settle` then makes it done. If the application ends before, `giveBack` leaves it to the bus. An
 * entry with an event that is already open follows that event.
 */
export class BusIntake implements ConsumerSink {
  private readonly calls: HandlerCalls;
  private readonly known = new KnownEvents<OpenEvent>();
  private readonly reader: BusEventReader;
  private inHand = 0;
  private restWaiters: (() => void)[] = [];

  constructor(private readonly parts: IntakeParts) {
    this.reader = new BusEventReader(parts.normalizer);
    this.calls = new HandlerCalls(parts);
  }

  async take(entries: readonly ConsumedMessage[], onDone: OnDone): Promise<void> {
    this.parts.ledger.receive(entries.length);
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
    await Promise.all(this.begin(fresh));
    for (const each of fresh) if (!each.isDone) this.giveBack(each);
    await Promise.all(repeated);
  }

  /** Gives the events to every node of the bus and to the handlers. */
  private begin(fresh: readonly OpenEvent[]): Promise<void>[] {
    const onDone = (at: number): void => {
      fresh[at]?.release();
    };
    const running = this.parts.works().map((work) => {
      for (const each of fresh) each.hold();
      return work.run(fresh, onDone, true);
    });
    const hasHandlers = this.parts.handlers().length > 0;
    for (const each of fresh) {
      if (hasHandlers) running.push(...this.callHandlers(each));
      each.release(); // all nodes and handlers hold it now
    }
    return running;
  }

  bury(entry: ConsumedMessage, reason: string): void {
    this.parts.ledger.receive(1);
    this.buryEntry(entry, reason);
  }

  /** Stops calling handlers. The nodes, which close now, are stopped by their creator. */
  stop(): void {
    this.calls.stop();
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
        () =>
          `the onDone callback that it passed to intake.take failed: ${describeError(error)}. The entry may come again. (Logged once.)`,
      );
    }
  }

  /** Returns undefined if the entry is not an event; the entry is then kept as a dead letter. */
  private decode(entry: ConsumedMessage): IdentifiedEvent | undefined {
    try {
      return this.reader.read(entry);
    } catch (error) {
      this.buryEntry(entry, `unreadable: ${describeError(error)}`);
      return undefined;
    }
  }

  private open(entry: ConsumedMessage, event: IdentifiedEvent, onDone: OnDone, at: number): OpenEvent {
    const length = sizeOfEntry(entry);
    const envelope = Envelope.carried(event, { ...entry.origin, length }, this.parts.normalizer);
    const opened = new OpenEvent(entry, event, envelope, onDone, at, this.settle);
    this.known.open(event.id, opened);
    return opened;
  }

  /** Called when every node and handler has taken the event, or never will. */
  private readonly settle = (event: OpenEvent): void => {
    if (event.failure === undefined) this.parts.ledger.settle();
    else this.buryEntry(event.entry, event.failure, event.event);
    event.isDone = true;
    this.known.settle(event.event.id, performance.now());
    this.answerWaiters(event);
    this.end(event.onDone, event.index);
  };

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
    const wanting = this.calls.wanting(event.envelope.name);
    event.hold(wanting.length);
    return wanting.map(async (handler) => {
      const outcome = await this.calls.call(handler, event.envelope);
      if (outcome.kind === 'stopped') return;
      if (outcome.kind === 'failed') event.failure ??= outcome.reason;
      event.release();
    });
  }

  private buryEntry(entry: ConsumedMessage, reason: string, event?: IdentifiedEvent): void {
    const { keepLetter, ledger, warn, name } = this.parts;
    const { position } = entry;
    const raw = event === undefined ? this.reader.rawText(entry) : undefined;
    const unread: IdentifiedEvent = {
      ...{ name: 'unreadable entry', timestamp: new Date(), id: position, context: {} },
      data: { position, ...(raw === undefined ? { bytes: sizeOfEntry(entry) ?? null } : { raw }) },
    };
    keepLetter(event ?? unread, reason, event === undefined ? { isRaw: true } : {});
    ledger.bury();
    warn(
      `letter ${name}`,
      () =>
        `the entry ${position} became a dead letter: ${reason}. See TrackingDeadLetters. (Logged once; the ledger counts on.)`,
    );
  }

  private leaveHand(): void {
    if (--this.inHand > 0) return;
    for (const resolve of this.restWaiters.splice(0)) resolve();
  }
}
