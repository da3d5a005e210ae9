import type { BreakerReason, BreakerState } from './breaker';
import { Latency, type LatencyCounts } from './latency';
import { Tally, type DeliveryCounts } from './node-ledger';

/**
 * The counts of one destination since the process started. At every moment:
 * accepted + recovered + redriven = delivered + deadLettered + dropped + pending + handedOver.
 */
export interface DestinationCounts extends DeliveryCounts {
  /** Found on disk at the start, or adopted from a process that ended. */
  readonly recovered: number;
  /** Dead letters that were put into the queue again. */
  readonly redriven: number;
  readonly deadLettered: number;
  /** Left on disk when the application closed, for the next start. */
  readonly handedOver: number;
  /** Calls of `sendBatch`. */
  readonly attempts: number;
  /** Of `attempts`, those that failed as a whole. */
  readonly failedAttempts: number;
  /** Dead letters that are kept; fewer than `deadLettered` once some were redriven, purged or forgotten. */
  readonly deadLetters: number;
  /** Dead letters that were forgotten since there was no room for more. */
  readonly forgottenDeadLetters: number;
  readonly breaker: BreakerState;
  /** Why the breaker is not closed; undefined while it is. */
  readonly breakerReason: BreakerReason | undefined;
  /** Whether new events go to the disk. */
  readonly isOnDisk: boolean;
  /** Whether that is so for want of room in memory, until the disk is drained: never with `durable`. */
  readonly isOverflowing: boolean;
  /** Bytes of the disk queue. */
  readonly diskBytes: number;
  /** Whether the disk queue could not be written or read when it was last tried. */
  readonly isDiskFailing: boolean;
  readonly lastError: { readonly text: string; readonly at: Date } | undefined;
  /** From acceptance to delivery. */
  readonly latency: LatencyCounts;
  /** Of one attempt, those that failed included. */
  readonly attemptLatency: LatencyCounts;
}

/** What is measured: the time from acceptance to delivery of one event, or that of one attempt, failed ones included. */
export type Measured = 'event' | 'attempt';

/** Keeps the books of one destination. Verbs only. */
export class DeliveryLedger {
  private accepted = 0;
  private recovered = 0;
  private redriven = 0;
  private delivered = 0;
  private deadLettered = 0;
  private handedOver = 0;
  private attempts = 0;
  private failedAttempts = 0;
  private droppedCount = 0;
  private readonly dropped = new Tally();
  private readonly latency = new Latency();
  private readonly attemptLatency = new Latency();
  private lastError: { readonly text: string; readonly at: Date } | undefined;

  /** @param onMeasured told each duration that goes into the histograms */
  constructor(private readonly onMeasured?: (what: Measured, tookMs: number) => void) {}

  accept(): void {
    this.accepted++;
  }

  recover(events: number): void {
    this.recovered += events;
  }

  redrive(): void {
    this.redriven++;
  }

  attempt(tookMs: number): void {
    this.attempts++;
    this.attemptLatency.add(tookMs);
    this.onMeasured?.('attempt', tookMs);
  }

  failAttempt(text: string): void {
    this.failedAttempts++;
    this.lastError = { text, at: new Date() };
  }

  deliver(waitedMs: number): void {
    this.delivered++;
    this.latency.add(waitedMs);
    this.onMeasured?.('event', waitedMs);
  }

  bury(text: string): void {
    this.deadLettered++;
    this.lastError = { text, at: new Date() };
  }

  drop(reason: string, events = 1): void {
    this.droppedCount += events;
    this.dropped.add(reason, events);
  }

  handOver(events: number): void {
    this.handedOver += events;
  }

  get lastErrorText(): string {
    return this.lastError?.text ?? 'no error';
  }

  /** What the balance says is still on its way. */
  get pending(): number {
    const came = this.accepted + this.recovered + this.redriven;
    return came - this.delivered - this.deadLettered - this.droppedCount - this.handedOver;
  }

  counts(
    now: Pick<
      DestinationCounts,
      | 'pending'
      | 'breaker'
      | 'breakerReason'
      | 'isOnDisk'
      | 'isOverflowing'
      | 'diskBytes'
      | 'isDiskFailing'
      | 'deadLetters'
      | 'forgottenDeadLetters'
    >,
  ): DestinationCounts {
    const { accepted, recovered, redriven, delivered, deadLettered, handedOver, attempts, failedAttempts, lastError } =
      this;
    const [latency, attemptLatency] = [this.latency.read(), this.attemptLatency.read()];
    return {
      ...{ accepted, recovered, redriven, delivered, deadLettered, dropped: this.dropped.counts(), handedOver },
      ...{ attempts, failedAttempts, lastError, latency, attemptLatency },
      ...now,
    };
  }
}
