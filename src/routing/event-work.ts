/**
 * The half of an AsyncRoutingBackend that is behind its queue. A queue forgets an event once it is told that the event is done:
 * so it is told so only when every child has the event where it belongs, and never of one that could not be given to them.
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
  /** Whether the queue keeps it until it is told that the event is done; else it is done when the children have it. */
  readonly isLent: boolean;
  /** Whether the processors of this node have run already, where it was emitted. */
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
  /** While a call that is in order gives its events to the children: resolves when it has. */
  private givenLast: Promise<void> | undefined;
  private childSinks: readonly EnvelopeBackend[] | undefined;

  constructor(private readonly parts: WorkParts) {
    this.waits = parts.steps.some((step) => step instanceof AsyncStep);
    setMaxListeners(0, this.ending.signal); // one for each call of an AsyncProcessor
  }

  /** @param node whose children get what is worked off */
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

  /** An event that was read from a queue. */
  envelope(event: StoredEvent, origin: CarriedFacts): Envelope {
    const { normalizer } = this.parts;
    return Envelope.carried(normalizer.carried(event), origin, normalizer);
  }

  /** Resolves when what was taken before is with the children, or waits for one that has no room. */
  whenAtRest(): Promise<void> {
    return this.inHand.whenAtRest();
  }

  /** Nothing more is given to the children, which close now. */
  stop(): void {
    this.ending.abort(new Error('the application is closing'));
    for (const resolve of this.endWaiters) resolve();
  }

  /**
   * Runs the processors on each event, and gives it to the children, in order. Resolves when each is done, or cannot be before
   * the application ends. Never rejects.
   * @param onDone told the index of each that is done
   * @param isInOrder whether the children get none of them before those of the earlier calls that were in order too
   */
  async run(items: readonly WorkItem[], onDone: (index: number) => void, isInOrder = false): Promise<void> {
    this.inHand.take(items.length);
    this.parts.ledger.receive(items.length);
    // Told by callbacks: a promise for each event, and for each child, would cost more than all else that is done for it.
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
      if (this.givenLast === given) this.givenLast = undefined; // the next one need not wait
      leave();
    }
  }

  private async give(items: readonly WorkItem[], batch: OpenEnds): Promise<void> {
    const turns = new Turns();
    // Those that wait for something outside wait side by side; they go on in their order all the same.
    const underWay = this.waits ? items.map((item) => this.processWaiting(item, turns)) : undefined;
    let at = 0;
    for (const item of items) {
      const index = at++;
      const processed = underWay === undefined ? undefined : await underWay[index];
      // Asked again after each wait: others that waited for the same room may have taken it.
      while (!this.isStopped && (turns.isOver || this.fullChild() !== undefined)) await this.whenItsTurn(turns);
      batch.begin();
      // Where code of the application emits while it processes an event, that belongs to the same user and request.
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

  /** @returns undefined where the end of the application came first */
  private async processWaiting({ envelope, isProcessed }: WorkItem, turns: Turns): Promise<Result | undefined> {
    if (isProcessed) return envelope;
    await turns.next();
    const { signal } = this.ending;
    return this.inContextOf(envelope, async () => {
      let current = envelope;
      for (const step of this.parts.steps) {
        const next = step instanceof AsyncStep ? await step.runAsync(current, signal) : step.run(current);
        // What was cut short by the end is not what the processor would have made of it.
        if (signal.aborted) return undefined;
        if (typeof next === 'string' || next instanceof Buried) return next;
        current = next;
      }
      return current;
    });
  }

  /** Tells `batch` once, now or later, whether it is done. */
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
    lender.close('stored'); // all children have it now
  }

  private inContextOf<T>(envelope: Envelope, code: () => T): T {
    return this.parts.scopes.run('event', (envelope.context?.values ?? {}) as EventFields, code);
  }

  /** Waits for time in a turn, or else for room with a child that has none. */
  private async whenItsTurn(turns: Turns): Promise<void> {
    if (turns.isOver) await turns.next();
    const room = this.fullChild()?.whenTakesMore?.();
    if (room === undefined) return;
    await this.inHand.block(this.orEnded(room));
  }

  /** Not by a race with one promise for the end: it would keep something of each wait until then. */
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

  /** Where events end that are given to the children. */
  private sinks(): readonly EnvelopeBackend[] {
    const children = this.node?.children ?? [];
    return (this.childSinks ??= children.flatMap((child) => [...child.reached()].flatMap(({ sink }) => sink ?? [])));
  }
}

/** What has begun and not ended in one batch. */
class OpenEnds {
  private count = 1;
  private resolve: (() => void) | undefined;

  constructor(private readonly onDone: (index: number) => void) {}

  begin(): void {
    this.count++;
  }

  /** Once for each that has begun. */
  end(index: number, isDone: boolean): void {
    if (isDone) this.onDone(index);
    if (--this.count === 0) this.resolve?.();
  }

  closed(): Promise<void> {
    if (--this.count === 0) return Promise.resolve();
    return new Promise((resolve) => (this.resolve = resolve));
  }
}

/** Hears what becomes of one event at each of the children, and has it still. */
class Lender implements OutcomeListener {
  readonly isLender = true;
  /** The children that have not told, and one that stands for those which have not been given it. */
  private open = 1;
  private isReturned = false;

  constructor(
    private readonly ledger: WorkLedger,
    private readonly batch: OpenEnds,
    private readonly index: number,
  ) {}

  settle(_path: string, outcome: EventOutcome, reason?: DropReason): void {
    // Nobody has taken it, and nobody has refused it either.
    if (outcome === 'dropped' && reason === 'closed') this.isReturned = true;
  }

  await(_path: string, outcome: Promise<EventOutcome | 'returned'>): void {
    outcome.then(this.hear(), () => {
      this.close('dropped');
    });
  }

  /** @returns to be told once what became of it at one child */
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
