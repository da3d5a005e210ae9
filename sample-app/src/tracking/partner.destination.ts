import { Injectable } from '@nestjs/common';
import {
  InjectOptions,
  SendFailedException,
  type Destination,
  type EventRejection,
  type IdentifiedEvent,
} from 'nestjs-event-tracking';

export interface PartnerOptions {
  /** Returns the address for the enrolments. Called for each batch. */
  readonly url: () => string;
}

/**
 * Sends enrolments to a partner of the platform. A destination of your own is a provider with
 * `sendBatch`; queues, batches, timeouts, retries and dead letters are added by the delivery. If
 * you only need HTTP, HttpBackend does the same without code.
 */
@Injectable()
export class PartnerDestination implements Destination {
  // The waits are short, so that you can watch the circuit breaker open and close.
  static readonly delivery = { batch: { maxEvents: 10, maxWaitMs: 200 }, retry: { maxDelayMs: 5000 } };
  readonly readsOnly = true;

  constructor(@InjectOptions() private readonly options: PartnerOptions) {}

  async sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const enrolments = events.map(({ id, name, timestamp, data }) => ({ ...data, id, name, timestamp }));
    const reply = await fetch(this.options.url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(enrolments),
      signal,
    });
    const { reason } = (await reply.json()) as { readonly reason?: string };
    if (reply.ok) return [];
    const failure = reason ?? `answered ${reply.status}`;
    // The partner refuses these events for good, so they become dead letters.
    if (reply.status === 400) return events.map((_, index) => ({ index, reason: failure, retryable: false }));
    const answer = `partner answered ${reply.status}: ${failure}`;
    throw SendFailedException.create({ reason: answer, retryable: true, status: reply.status });
  }
}
