import type { DestinationCounts } from './counts';
import type { DeliveryDuration } from './delivery-notice';
import { Latency } from './latency';
import { Tally } from './tally';

/** Keeps the counters of one destination. */
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

  /** @param onMeasured called with each duration that is added to the histograms */
  constructor(private readonly onMeasured?: (what: DeliveryDuration['of'], tookMs: number) => void) {}

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

  /** Number of events whose outcome is not known yet, calculated from the other counters. */
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
