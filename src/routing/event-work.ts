/**
 * Processes the events of an AsyncRoutingBackend behind its queue. The queue forgets an event when
 * the event is reported as done. An event is therefore reported as done only when every child has
 * delivered or stored it, and never when it could not be passed to the children.
 */
import { setMaxListeners } from 'node:events';
import type { TrackerScopes } from '../context/tracker-scopes';
import type { DropReason } from '../ledger/reasons';
import type { WorkCounts } from '../ledger/counts';
import type { QueuedEvent, RecordOrigin } from '../delivery/queued-event';
import type { WorkLedger } from '../ledger/work-ledger';
import { Envelope, type CarriedFacts } from '../event/envelope';
import { originFacts } from '../event/event-record';
import type { Normalizer } from '../event/normalizer';
import type { EventFields, StoredEvent } from '../event/tracking-event';
import { AsyncStep } from './async-step';
import type { EventOutcome, OutcomeListener } from './confirmation';
import type { EnvelopeBackend } from './contracts';
import { EventsInHand } from './events-in-hand';
import { Buried, type ProcessorStep } from './processor-step';
import type { RouteNode } from './route-node';
import { Turns } from './turns';

export interface WorkItem {
  readonly envelope: Envelope;
  /**
   * True if the queue keeps the event until it is reported as done; false if it is done once the
   * children have it.
   */
  readonly isLent: boolean;
  /** True if the processors of this node ran already, where the event was emitted. */
  readonly isProcessed: boolean;
}

export interface WorkParts {
  readonly steps: readonly (ProcessorStep | AsyncStep)[];
  readonly ledger: WorkLedger;
  readonly scopes: TrackerScopes;
  readonly normalizer: Normalizer;
  readonly keepLetter: (event: StoredEvent, reason: string, origin: RecordOrigin) => void;
}

type Result = Envelope | DropReason | Buried;

export class EventWork {
  private node: RouteNode | undefined;
  private readonly waits: boolean;
  private readonly ending = new AbortController();
  private readonly endWaiters = new Set<() => void>();
  private readonly inHand = new EventsInHand();
  /**
   * Set while an ordered call passes its events to the children; resolves when it has passed all.
   */
  private givenLast: Promise<void> | undefined;
  private childSinks: readonly EnvelopeBackend[] | undefined;

  constructor(private readonly parts: WorkParts) {
    this.waits = parts.steps.some((step) => step instanceof AsyncStep);
    setMaxListeners(0, this.ending.signal); // one listener for each AsyncProcessor call
  }

  /** @param node the node whose children get the processed events */
  attach(node: RouteNode): void {
    this.node = node;
  }

  get isStopped(): boolean {
    return this.ending.signal.aborted;
  }

  counts(): WorkCounts {
    return this.parts.ledger.counts();
  }

  envelopeOf(entry: QueuedEvent): Envelope {
    return entry.asEnvelope(this.parts.normalizer);
  }

  /** Creates the envelope of an event that was read from a queue. */
  envelope(event: StoredEvent, origin: CarriedFacts): Envelope {
    const { normalizer } = this.parts;
    return Envelope.carried(normalizer.carried(event), origin, normalizer);
  }

  /**
   * Resolves when the events taken before the call are with the children, or wait for a child
   * without capacity.
   */
  whenAtRest(): Promise<void> {
    return this.inHand.whenAtRest();
  }

  /** Stops passing events to the children, which close now. */
  stop(): void {
    this.ending.abort(new Error('the application is closing'));
    for (const resolve of this.endWaiters) resolve();
  }

  /**
   * Runs the processors on each event, and passes the events to the children, in order. Resolves
   * when each event is done, or cannot be done before the application ends. Never rejects.
   * @param onDone called with the index of each event that is done
   * @param isInOrder true if these events must reach the children after the events of earlier
   *   ordered calls
   */
  async run(items: readonly WorkItem[], onDone: (index: number) => void, isInOrder = false): Promise<void> {
    this.inHand.take(items.length);
    this.parts.ledger.receive(items.length);
    // Uses callbacks: a promise for each event and each child would cost more than all the other
    // work on it.
    const batch = new OpenEnds(onDone);
    if (isInOrder) await this.giveInOrder(items, batch);
    else await this.give(items, batch);
    await batch.closed();
  }

  private async giveInOrder(items: readonly WorkItem[], batch: OpenEnds): Promise<void> {
    const before = this.givenLast;
    let leave = (): void => undefined;
    const given = new Promise<void>((resolve) => (leave = resolve));
    this.givenLast = given;
    if (before !== undefined) await before;
    try {
      await this.give(items, batch);
    } finally {
      // The next call does not have to wait.
      if (this.givenLast === given) this.givenLast = undefined;
      leave();
    }
  }

  private async give(items: readonly WorkItem[], batch: OpenEnds): Promise<void> {
    const turns = new Turns();
    // Asynchronous processors run concurrently; the events still continue in order.
    const underWay = this.waits ? items.map((item) => this.processWaiting(item, turns)) : undefined;
    let at = 0;
    for (const item of items) {
      const index = at++;
      const processed = underWay === undefined ? undefined : await underWay[index];
      // Checked again after each wait: other events that waited for the same capacity may have used
      // it.
      while (!this.isStopped && (turns.isOver || this.fullChild() !== undefined)) await this.whenItsTurn(turns);
      batch.begin();
      // Events that application code emits while it processes an event belong to the same user and
      // request.
      this.inContextOf(item.envelope, () => {
        const result = underWay === undefined ? this.processAtOnce(item) : processed;
        this.conclude(item, result, batch, index);
      });
      this.inHand.leave();
    }
  }

  private processAtOnce({ envelope, isProcessed }: WorkItem): Result | undefined {
    if (this.isStopped) return undefined;
    const { steps } = this.parts;
    if (isProcessed) return envelope;
    let current = envelope;
    for (const step of steps as readonly ProcessorStep[]) {
      const next = step.run(current);
      if (typeof next === 'string' || next instanceof Buried) return next;
      current = next;
    }
    return current;
  }

  /** @returns the result; undefined if shutdown came first */
  private async processWaiting({ envelope, isProcessed }: WorkItem, turns: Turns): Promise<Result | undefined> {
    if (isProcessed) return envelope;
    await turns.next();
    const { signal } = this.ending;
    return this.inContextOf(envelope, async () => {
      let current = envelope;
      for (const step of this.parts.steps) {
        const next = step instanceof AsyncStep ? await step.runAsync(current, signal) : step.run(current);
        // A result that shutdown interrupted is not the real result of the processor.
        if (signal.aborted) return undefined;
        if (typeof next === 'string' || next instanceof Buried) return next;
        current = next;
      }
      return current;
    });
  }

  /** Reports to `batch` once, now or later, whether the event is done. */
  private conclude({ envelope, isLent }: WorkItem, result: Result | undefined, batch: OpenEnds, index: number): void {
    const { ledger, keepLetter } = this.parts;
    if (result === undefined || this.isStopped) {
      ledger.giveBack();
      batch.end(index, false);
      return;
    }
    if (typeof result === 'string') {
      ledger.drop(result);
      batch.end(index, true);
      return;
    }
    if (result instanceof Buried) {
      keepLetter(envelope.stored(), result.reason, originFacts(envelope));
      ledger.bury();
      batch.end(index, true);
      return;
    }
    if (!isLent) {
      this.node?.handOn(result, undefined);
      ledger.settle();
      batch.end(index, true);
      return;
    }
    const lender = new Lender(ledger, batch, index);
    this.node?.handOn(result, lender);
    lender.close('stored'); // releases the lender's own hold: all children have the event now
  }

  private inContextOf<T>(envelope: Envelope, code: () => T): T {
    return this.parts.scopes.run('event', (envelope.context?.values ?? {}) as EventFields, code);
  }

  /** Waits for the next turn of the event loop, then for a child without capacity. */
  private async whenItsTurn(turns: Turns): Promise<void> {
    if (turns.isOver) await turns.next();
    const room = this.fullChild()?.whenTakesMore?.();
    if (room === undefined) return;
    await this.inHand.block(this.orEnded(room));
  }

  /**
   * Waits until `wait` or shutdown. A race against one long-lived promise would retain memory for
   * each wait.
   */
  private async orEnded(wait: Promise<void>): Promise<void> {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    this.endWaiters.add(end);
    if (this.isStopped) end();
    await Promise.race([wait, ended]);
    this.endWaiters.delete(end);
  }

  private fullChild(): EnvelopeBackend | undefined {
    return this.sinks().find(({ takesMore }) => takesMore === false);
  }

  /** Returns the sinks of all nodes that the children pass events to. */
  private sinks(): readonly EnvelopeBackend[] {
    const children = this.node?.children ?? [];
    return (this.childSinks ??= children.flatMap((child) => [...child.reached()].flatMap(({ sink }) => sink ?? [])));
  }
}

/** Counts the events of one batch that have begun and not ended. */
class OpenEnds {
  private count = 1;
  private resolve: (() => void) | undefined;

  constructor(private readonly onDone: (index: number) => void) {}

  begin(): void {
    this.count++;
  }

  /** Called once for each event that has begun. */
  end(index: number, isDone: boolean): void {
    if (isDone) this.onDone(index);
    if (--this.count === 0) this.resolve?.();
  }

  closed(): Promise<void> {
    if (--this.count === 0) return Promise.resolve();
    return new Promise((resolve) => (this.resolve = resolve));
  }
}

/** Collects the outcome of one event at each child. The queue still holds the event. */
class Lender implements OutcomeListener {
  readonly isLender = true;
  /**
   * Number of children without an outcome, plus one until all children have been given the event.
   */
  private open = 1;
  private isReturned = false;

  constructor(
    private readonly ledger: WorkLedger,
    private readonly batch: OpenEnds,
    private readonly index: number,
  ) {}

  settle(_path: string, outcome: EventOutcome, reason?: DropReason): void {
    // The child is closed: it has neither accepted nor rejected the event.
    if (outcome === 'dropped' && reason === 'closed') this.isReturned = true;
  }

  await(_path: string, outcome: Promise<EventOutcome | 'returned'>): void {
    outcome.then(this.hear(), () => {
      this.close('dropped');
    });
  }

  /** @returns a callback for the outcome at one child, to be called once */
  hear(): (outcome: EventOutcome | 'returned') => void {
    this.open++;
    return this.onOutcome;
  }

  close(outcome: EventOutcome | 'returned'): void {
    if (outcome === 'returned' || outcome === 'pending') this.isReturned = true;
    if (--this.open > 0) return;
    if (this.isReturned) this.ledger.giveBack();
    else this.ledger.settle();
    this.batch.end(this.index, !this.isReturned);
  }

  private readonly onOutcome = (outcome: EventOutcome | 'returned'): void => {
    this.close(outcome);
  };
}
