import type { Delivery } from '../delivery/delivery';
import type { DestinationCounts } from '../ledger/counts';
import type { Envelope } from '../event/envelope';
import type { OutcomeClaim } from '../delivery/outcome-claim';
import type { EnvelopeBackend } from './contracts';

/** Adapts the delivery of a destination to the tree, as an EnvelopeBackend. */
export class DestinationSink implements EnvelopeBackend {
  constructor(private readonly queue: Delivery) {}

  accept(envelope: Envelope, claim?: OutcomeClaim): string | undefined {
    return this.queue.accept(envelope, claim);
  }

  get takesMore(): boolean {
    return this.queue.takesMore;
  }

  whenTakesMore(): Promise<void> {
    return this.queue.whenTakesMore();
  }

  flush(): Promise<void> {
    return this.queue.flush();
  }

  drain(timeoutMs: number): Promise<void> {
    return this.queue.drain(timeoutMs);
  }

  persist(): void {
    this.queue.persist();
  }

  flushSync(): void {
    this.queue.flushSync();
  }

  delivery(): DestinationCounts {
    return this.queue.counts();
  }

  readonly optionToHoldNone = 'delivery: { durable: true } for each destination';

  get holdsEvents(): boolean {
    return !this.queue.isDurable;
  }
}
