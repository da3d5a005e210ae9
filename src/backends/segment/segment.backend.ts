import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { Destination, EventRejection } from '../../delivery/destination';
import type { IdentifiedEvent } from '../../event/tracking-event';
import { NODE_OPTIONS } from '../../routing/tokens';
import { TrackingConfigException } from '../../common/tracking-config.exception';
import type { SegmentTrack } from './segment-client';
import { segmentErrors, type SegmentBackendOptions } from './segment-options';
import { SegmentRelay } from './segment-relay';
import { hasName, hasUser, segmentTrack } from './segment-track';
import { SegmentWire } from './segment-wire';

/**
 * Sends events as `track` calls to Segment, or to a server with the same tracking API: the event's
 * name, its user, and all its fields except the id as properties.
 * @throws TrackingConfigException with all errors in its options, including a missing write key or
 *   client
 */
@Injectable()
export class SegmentBackend implements Destination, OnApplicationShutdown {
  /**
   * Batch limits. Events that exceed a request of 500 kB in serialized form go in a second request.
   */
  static readonly delivery: DeliveryOptions = { batch: { maxEvents: 250, maxBytes: 400_000 } };

  /** False if `anonymousId`, the application's own function, may change the events. */
  readonly readsOnly: boolean;
  private readonly anonymousId: (event: IdentifiedEvent) => string | undefined;
  private readonly wire: SegmentWire | undefined;
  private readonly target: SegmentWire | SegmentRelay;

  constructor(@Optional() @Inject(NODE_OPTIONS) options: SegmentBackendOptions) {
    const errors = segmentErrors(options);
    if (errors.length > 0) throw TrackingConfigException.create(errors);
    const { writeKey = '', client, anonymousId = () => undefined } = options;
    const { host = 'https://api.segment.io', gzip = true, keepAlive = true, agent } = options;
    this.readsOnly = options.anonymousId === undefined;
    this.anonymousId = anonymousId;
    this.wire = client === undefined ? new SegmentWire(writeKey, host, { gzip, keepAlive, agent }) : undefined;
    this.target = this.wire ?? new SegmentRelay(client as NonNullable<typeof client>);
  }

  /**
   * Creates the instance that is injected while the backend is switched off. It opens no
   * connection.
   */
  static idle(): SegmentBackend {
    return new SegmentBackend({
      client: {
        track: (_params, callback) => {
          callback();
        },
      },
    });
  }

  /**
   * Drops events that Segment is documented to drop: without a name, or without the id of a user or
   * visitor. An event whose `anonymousId` fails is queued, so that it is kept as a dead letter.
   */
  refuses(event: IdentifiedEvent): 'no-name' | 'no-user' | undefined {
    if (!hasName(event)) return 'no-name';
    if (hasUser(event)) return undefined;
    try {
      return this.visitorOf(event) === undefined ? 'no-user' : undefined;
    } catch {
      return undefined;
    }
  }

  async sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const tracks = new Map<number, SegmentTrack>();
    const rejections: EventRejection[] = [];
    for (const [index, event] of events.entries()) {
      const track = this.trackOf(event);
      if (typeof track === 'string') rejections.push({ index, reason: track, retryable: false });
      else tracks.set(index, track);
    }
    return [...rejections, ...(await this.target.send(tracks, signal))];
  }

  /**
   * Closes connections. Nest calls this after the drain, because deeper modules are closed later.
   * The application closes its own client.
   */
  onApplicationShutdown(): void {
    this.wire?.close();
  }

  /** @returns the call, or the reason why there is none, as a string */
  private trackOf(event: IdentifiedEvent): SegmentTrack | string {
    if (!hasName(event)) return 'no-name';
    try {
      const visitor = this.visitorOf(event);
      return visitor === undefined && !hasUser(event) ? 'no-user' : segmentTrack(event, visitor);
    } catch (error) {
      return `anonymousId threw ${error instanceof Error ? error.name : 'a value that is not an error'}`;
    }
  }

  /** Returns the visitor's id; undefined for an empty string or a value that is not a string. */
  private visitorOf(event: IdentifiedEvent): string | undefined {
    const visitor: unknown = this.anonymousId(event);
    return typeof visitor === 'string' && visitor !== '' ? visitor : undefined;
  }
}
