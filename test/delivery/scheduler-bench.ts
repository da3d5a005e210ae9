import type { Batch } from '../../src/delivery/batch';
import { BatchScheduler } from '../../src/delivery/batch-scheduler';
import { Breaker } from '../../src/delivery/breaker';
import type { DeliveryOptions } from '../../src/delivery/delivery-options';
import { EventQueue } from '../../src/delivery/event-queue';
import { resolveDelivery } from '../../src/delivery/resolve-options';
import type { Conclusion, SchedulerParts } from '../../src/delivery/scheduler-parts';
import { envelopeOf, names } from './bare-delivery';

export const noReport = (): void => undefined;

/** A scheduler whose batches are sent by the test. */
export class Bench {
  readonly sent: Batch[] = [];
  readonly givenUp: [name: string, reason: string][] = [];
  readonly queue: EventQueue;
  readonly breaker: Breaker;
  readonly scheduler: BatchScheduler;
  idle = 0;
  private emitted = 0;

  constructor(options: DeliveryOptions, parts: Partial<SchedulerParts> = {}) {
    const settings = resolveDelivery(options);
    this.queue = new EventQueue(settings, undefined, {
      ...{ onDropped: noReport, onDiskFailed: noReport, onDiskRecovered: noReport, onDiskBegun: noReport },
      ...{ onDiskDrained: noReport, onUnwritable: noReport },
    });
    this.breaker = new Breaker({ failures: 3, refusals: 20, ...settings.retry }, noReport);
    this.scheduler = new BatchScheduler({
      ...{ settings, queue: this.queue, breaker: this.breaker, onPumped: noReport, onFailure: fail_ },
      send: (batch) => {
        this.breaker.begin();
        this.sent.push(batch);
      },
      giveUp: (entries, reason) => this.givenUp.push(...entries.map(({ name }): [string, string] => [name, reason])),
      onIdle: () => this.idle++,
      isHopeless: () => false,
      ...parts,
    });
  }

  emit(count = 1): void {
    for (const name of names(count, this.emitted)) {
      const wasEmpty = this.queue.waiting === 0;
      const now = performance.now();
      this.queue.put(envelopeOf(name), now);
      this.scheduler.arrived(wasEmpty, now);
    }
    this.emitted += count;
  }

  /** Ends the sending of a batch. */
  end(batch: Batch | undefined, conclusion: Partial<Conclusion> = {}): void {
    if (batch === undefined) throw new Error('there is no batch');
    this.scheduler.conclude(batch, { again: [], isTaken: true, tookMs: 0, retryAfterMs: 0, ...conclusion });
  }

  /** Ends it as a failure, after which the batch waits so long. */
  fail(batch: Batch | undefined, delayMs: number): void {
    if (batch === undefined) throw new Error('there is no batch');
    const now = performance.now();
    for (const entry of batch.entries) entry.failed('x', 0, true, batch.entries.length === 1);
    this.breaker.fail(now);
    const again = [{ ...batch, failures: batch.failures + 1, dueAt: now + delayMs, triedAt: now }];
    this.end(batch, { again, isTaken: false });
  }

  get sizes(): number[] {
    return this.sent.map(({ entries }) => entries.length);
  }
}

function fail_(error: unknown): never {
  throw error;
}
