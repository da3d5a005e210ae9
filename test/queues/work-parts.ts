import type { Outcome } from '../../src/delivery/outcome-claim';
import type { Envelope } from '../../src/event/envelope';
import type { OutcomeListener } from '../../src/routing/confirmation';
import type { EnvelopeBackend } from '../../src/routing/contracts';
import { WorkLedger } from '../../src/ledger/work-ledger';
import { AsyncStep } from '../../src/queues/async-step';
import type { EventWork } from '../../src/queues/event-work';
import type { NodeChildren, WorkItem } from '../../src/routing/queued-backend';
import { envelopeOf, type TreeParts } from '../routing/tree-parts';

/**
 * @param isRetained true if the queue keeps the event until it is reported as done
 * @param isProcessed true if the processors of the node ran already
 */
export function workItem(envelope: Envelope, isRetained = false, isProcessed = false): WorkItem {
  return { envelope, isRetained, isProcessed };
}

/** Children of a node that record what they get, and tell the outcome when the test says so. */
export class RecordingChildren implements NodeChildren {
  readonly received: Envelope[] = [];
  /** Called with each event, before it is recorded. */
  onReceive: (envelope: Envelope) => void = () => undefined;
  /** Number of children that accept each event and report its outcome later. */
  later = 0;
  /** Outcomes that children report at once, inside of `handOn`. */
  atOnce: readonly Outcome[] = [];
  /** Reason for which a child drops each event. */
  drops: string | undefined;
  readonly sinks: EnvelopeBackend[] = [];
  private readonly tell: ((outcome: Outcome) => void)[] = [];

  get names(): string[] {
    return this.received.map(({ name }) => name);
  }

  handOn(envelope: Envelope, listener: OutcomeListener | undefined): void {
    this.onReceive(envelope);
    this.received.push(envelope);
    if (listener !== undefined) {
      for (const outcome of this.atOnce) {
        listener.claim('child').onOutcome(outcome);
        listener.accepted('child');
      }
      for (let child = 0; child < this.later; child++) {
        this.tell.push(listener.claim('child').onOutcome);
        listener.accepted('child');
      }
    }
    if (this.drops !== undefined) listener?.settle('child', 'dropped', this.drops);
  }

  childSinks(): readonly EnvelopeBackend[] {
    return this.sinks;
  }

  /** Reports the outcome of the event that was accepted first and has none. */
  report(outcome: Outcome): void {
    this.tell.shift()?.(outcome);
  }
}

/** Child that has no capacity until `open` is called. */
export class FullSink implements EnvelopeBackend {
  takesMore = false;
  private waiters: (() => void)[] = [];

  accept(): undefined {
    return undefined;
  }

  whenTakesMore(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** Lets `events` callers go on; the capacity is used up again unless `stays` is true. */
  open(stays = true): void {
    this.takesMore = stays;
    for (const resolve of this.waiters.splice(0)) resolve();
  }
}

/** Step whose processor waits until `go` is called with the name of the event. */
export class HeldStep extends AsyncStep {
  readonly started: string[] = [];
  readonly signals: AbortSignal[] = [];

  constructor({ notices, processing }: TreeParts) {
    const ends = new Map<string, () => void>();
    super(
      {
        processAsync: ({ name }, signal) => {
          this.started.push(name);
          this.signals.push(signal);
          return new Promise((resolve) =>
            ends.set(name, () => {
              resolve(undefined);
            }),
          );
        },
      },
      { onError: 'skip', timeoutMs: 60_000, concurrency: 10 },
      { place: 'here', ledger: new WorkLedger(), notices, processing },
    );
    this.go = (name) => ends.get(name)?.();
  }

  readonly go: (name: string) => void;
}

/** Runs events, and records the indices that are done. */
export class Run {
  readonly done: number[] = [];
  isOver = false;
  readonly end: Promise<void>;

  constructor(
    work: EventWork,
    names: readonly string[],
    { isRetained = false, isProcessed = false, isInOrder = false } = {},
  ) {
    const items = names.map((name) => workItem(envelopeOf(name), isRetained, isProcessed));
    this.end = work
      .run(items, (index) => void this.done.push(index), isInOrder)
      .then(() => {
        this.isOver = true;
      });
  }
}
