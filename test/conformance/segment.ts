/**
 * The Segment backends of one case, with a server of the tracking API that keeps what came. A call of the vectors is read from the
 * wire: what the backend would send anywhere else.
 */
import { SegmentBackend } from 'nestjs-event-tracking/segment';
import type { TrackingEvent } from 'nestjs-event-tracking';
import { HttpSink } from '../support/http-sink';

/** As the vectors have it, with JSON values; ids are text on the wire. */
export interface SegmentCall {
  readonly user_id: unknown;
  readonly event: unknown;
  readonly properties: unknown;
  readonly context: unknown;
}

interface WireItem {
  readonly userId?: unknown;
  readonly event?: unknown;
  readonly properties?: unknown;
  readonly context?: unknown;
}

export class SegmentApi {
  private readonly backend: SegmentBackend;
  private readonly accepted: (TrackingEvent & { readonly id: string })[] = [];

  private constructor(private readonly sink: HttpSink) {
    this.backend = new SegmentBackend({ writeKey: 'conformance', host: sink.url });
  }

  static async listen(): Promise<SegmentApi> {
    return new SegmentApi(await HttpSink.listen());
  }

  /** As the delivery does: what is not refused waits for its batch. */
  accept(event: TrackingEvent): void {
    const delivered = { ...event, id: `event-${this.accepted.length}` };
    if (this.backend.refuses(delivered) === undefined) this.accepted.push(delivered);
  }

  /** Sends what was accepted, and reads what came, in order. */
  async calls(): Promise<readonly SegmentCall[]> {
    if (this.accepted.length > 0) await this.backend.sendBatch(this.accepted, AbortSignal.timeout(10_000));
    if (this.sink.complaints.length > 0) throw new Error(this.sink.complaints.join('; '));
    return this.sink.requests.flatMap(({ text }) => {
      const { batch } = JSON.parse(text) as { batch: readonly WireItem[] };
      return batch.map(({ userId: user_id, event, properties, context }) => ({ user_id, event, properties, context }));
    });
  }

  async close(): Promise<void> {
    this.backend.onApplicationShutdown();
    await this.sink.close();
  }
}
