/**
 * A server of Segment's tracking API that keeps what came. A call of the vectors is read from the
 * wire: what the backend would send anywhere else.
 */
import type { SegmentBackendOptions } from 'nestjs-event-tracking/segment';
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
  private constructor(private readonly sink: HttpSink) {}

  static async listen(): Promise<SegmentApi> {
    return new SegmentApi(await HttpSink.listen());
  }

  /** Of a backend that sends here. */
  get options(): SegmentBackendOptions {
    return { writeKey: 'conformance', host: this.sink.url };
  }

  /** What came so far, in order. */
  calls(): readonly SegmentCall[] {
    if (this.sink.complaints.length > 0) throw new Error(this.sink.complaints.join('; '));
    return this.sink.requests.flatMap(({ text }) => {
      const { batch } = JSON.parse(text) as { batch: readonly WireItem[] };
      return batch.map(({ userId: user_id, event, properties, context }) => ({ user_id, event, properties, context }));
    });
  }

  close(): Promise<void> {
    return this.sink.close();
  }
}
