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
import type { EventFields, IdentifiedEvent } from '../event/tracking-event';
import { AsyncStep, runWaitingSteps } from './async-step';
import type { Outcome, OutcomeClaim } from '../delivery/outcome-claim';
import type { EventOutcome, OutcomeListener } from '../routing/confirmation';
import type { EnvelopeBackend } from '../routing/contracts';
import { EventsInHand } from './events-in-hand';
import { Buried, type ProcessorStep } from '../routing/processor-step';
import type { NodeChildren, NodeWork, WorkItem } from '../routing/queued-backend';
import { runSteps, type StepResult } from '../routing/run-steps';
import { Latch } from './latch';
import { Turns } from './turns';

export interface WorkParts {
  readonly steps: readonly (ProcessorStep | AsyncStep)[];
  readonly ledger: WorkLedger;
  readonly scopes: TrackerScopes;
  readonly normalizer: Normalizer;
  readonly keepLetter: (event: IdentifiedEvent, reason: string, origin: RecordOrigin) => void;
}

export class EventWork implements NodeWork {
  private node: NodeChildren | undefined;
  private readonly waits: boolean;
  private readonly ending = new AbortController();
  private readonly endWaiters = new Set<() => void>();
  private readonly inHand = new EventsInHand();
  /**
   * Set while an ordered call passes its events to the children; resolves when it has passed all.
   */
  private givenLast: Promise<void> | undefined;
  private childSinks: readonly EnvelopeBackend[] = [];

  constructor(private readonly parts: WorkParts) {
    this.waits = parts.steps.some((step) => step instanceof AsyncStep);
    setMaxListeners(0, this.ending.signal); // one listener for each AsyncProcessor call
  }

  /** @param children the nodes that get the processed events */
  attach(children: NodeChildren): void {
    this.node = children;
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
  envelope(event: IdentifiedEvent, origin: CarriedFacts): Envelope {
    const { normalizer } = this.parts;
    return Envelope.carried(normalizer.carried(event), origin, normalizer);
  }

  whenAtRest(): Promise<void> {
    return this.inHand.whenAtRest();
  }

  stop(): void {
    this.ending.abort(new Error('the application is closing'));
    for (const resolve of this.endWaiters) resolve();
  }

  async run(items: readonly WorkItem[], onDone: (index: number) => void, isInOrder = false): Promise<void> {
    this.inHand.take(items.length);
    this.parts.ledger.receive(items.length);
    // Uses callbacks: a promise for each event and each child would cost more than all the other
    // work on it.
    const batch = new OpenBatch(onDone);
    if (isInOrder) await this.giveInOrder(items, batch);
    else await this.give(items, batch);
    await batch.closed();
  }

  private async giveInOrder(items: readonly WorkItem[], batch: OpenBatch): Promise<void> {
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

  private async give(items: readonly WorkItem[], batch: OpenBatch): Promise<void> {
    // Asked for each batch: backends below the root can be registered and replaced at any time.
    this.childSinks = this.node?.childSinks() ?? [];
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
      batch.hold();
      // Events that application code emits while it processes an event belong to the same user and
      // request.
      this.inContextOf(item.envelope, () => {
        const result = underWay === undefined ? this.processAtOnce(item) : processed;
        this.conclude(item, result, batch, index);
      });
      this.inHand.leave();
    }
  }

  private processAtOnce({ envelope, isProcessed }: WorkItem): StepResult | undefined {
    if (this.isStopped) return undefined;
    return isProcessed ? envelope : runSteps(this.parts.steps as readonly ProcessorStep[], envelope);
  }

  /** @returns the result; undefined if shutdown came first */
  private async processWaiting({ envelope, isProcessed }: WorkItem, turns: Turns): Promise<StepResult | undefined> {
    if (isProcessed) return envelope;
    await turns.next();
    return this.inContextOf(envelope, () => runWaitingSteps(this.parts.steps, envelope, this.ending.signal));
  }

  /** Reports to `batch` once, now or later, whether the event is done. */
  private conclude(
    { envelope, isRetained }: WorkItem,
    result: StepResult | undefined,
    batch: OpenBatch,
    index: number,
  ): void {
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
    if (!isRetained) {
      this.node?.handOn(result, undefined);
      ledger.settle();
      batch.end(index, true);
      return;
    }
    const retained = new RetainedEvent(ledger, batch, index);
    this.node?.handOn(result, retained);
    retained.givenToAll();
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
    return this.childSinks.find(({ takesMore }) => takesMore === false);
  }
}

/** Events of one call of `run`: each holds the batch from its turn until its end. */
class OpenBatch extends Latch {
  private resolve: (() => void) | undefined;

  constructor(private readonly onDone: (index: number) => void) {
    super();
  }

  /** Called once for each event that has begun. */
  end(index: number, isDone: boolean): void {
    if (isDone) this.onDone(index);
    this.release();
  }

  /** Resolves when all events have ended. Called once, when all have begun. */
  closed(): Promise<void> {
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.release();
    });
  }

  protected complete(): void {
    this.resolve?.();
  }
}

/**
 * Collects the outcomes of one event at all children, while the queue retains the event. It is its
 * own claim at each of them, because an object for each child would cost more than the rest.
 */
class RetainedEvent implements OutcomeListener, OutcomeClaim {
  readonly isRetained = true;
  failure: OutcomeListener['failure'];
  /** Children that accepted the event, without those whose outcome is known. */
  private open = 0;
  private isGivenToAll = false;
  private isReturned = false;

  constructor(
    private readonly ledger: WorkLedger,
    private readonly batch: OpenBatch,
    private readonly index: number,
  ) {}

  settle(_path: string, outcome: EventOutcome, reason?: DropReason): void {
    // The child is closed: it has neither accepted nor rejected the event.
    if (outcome === 'dropped' && reason === 'closed') this.isReturned = true;
  }

  claim(): OutcomeClaim {
    return this;
  }

  accepted(): void {
    this.open++;
  }

  readonly onOutcome = (outcome: Outcome): void => {
    if (outcome === 'returned' || outcome === 'pending') this.isReturned = true;
    this.open--; // below 0 for a moment if the outcome is known inside `accept`
    this.endIfKnown();
  };

  /** Records that no other child gets the event. */
  givenToAll(): void {
    this.isGivenToAll = true;
    this.endIfKnown();
  }

  private endIfKnown(): void {
    if (!this.isGivenToAll || this.open > 0) return;
    if (this.isReturned) this.ledger.giveBack();
    else this.ledger.settle();
    this.batch.end(this.index, !this.isReturned);
  }
}
