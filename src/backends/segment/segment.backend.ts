import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { Destination, Rejection } from '../../delivery/destination';
import type { StoredEvent } from '../../event/tracking-event';
import { NODE_OPTIONS } from '../../routing/tokens';
import { TrackingConfigException } from '../../common/tracking-config.exception';
import type { SegmentTrack } from './segment-client';
import { segmentFaults, type SegmentBackendOptions } from './segment-options';
import { SegmentRelay } from './segment-relay';
import { hasName, hasUser, segmentTrack } from './segment-track';
import { SegmentWire } from './segment-wire';

/**
 * Sends events to Segment, or to what speaks its tracking API, as calls of `track`: the event's name, its user, and the whole
 * event as properties.
 * @throws TrackingConfigException for its options, all faults at once; a write key or a client that is missing among them
 */
@Injectable()
export class SegmentBackend implements Destination, OnApplicationShutdown {
  /** What of it does not fit into a request of 500 kB, once it is wrapped, goes in a second one. */
  static readonly delivery: DeliveryOptions = { batch: { maxEvents: 250, maxBytes: 400_000 } };

  /** A function of the application may change what it is given. */
  readonly readsOnly: boolean;
  private readonly anonymousId: (event: StoredEvent) => string | undefined;
  private readonly wire: SegmentWire | undefined;
  private readonly target: SegmentWire | SegmentRelay;

  constructor(@Optional() @Inject(NODE_OPTIONS) options: SegmentBackendOptions) {
    const faults = segmentFaults(options);
    if (faults.length > 0) throw TrackingConfigException.create(faults);
    const { writeKey = '', client, anonymousId = () => undefined } = options;
    const { host = 'https://api.segment.io', gzip = true, keepAlive = true, agent } = options;
    this.readsOnly = options.anonymousId === undefined;
    this.anonymousId = anonymousId;
    this.wire = client === undefined ? new SegmentWire(writeKey, host, { gzip, keepAlive, agent }) : undefined;
    this.target = this.wire ?? new SegmentRelay(client as NonNullable<typeof client>);
  }

  /** What is injected while it is switched off: it connects to nothing until it is given events. */
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
   * Drops what Segment is documented to drop: an event without a name, or without the id of a user or visitor. One whose
   * `anonymousId` fails is queued, so that it is kept as a dead letter.
   */
  refuses(event: StoredEvent): 'no-name' | 'no-user' | undefined {
    if (!hasName(event)) return 'no-name';
    if (hasUser(event)) return undefined;
    try {
      return this.visitorOf(event) === undefined ? 'no-user' : undefined;
    } catch {
      return undefined;
    }
  }

  async sendBatch(events: readonly StoredEvent[], signal: AbortSignal): Promise<readonly Rejection[]> {
    const tracks = new Map<number, SegmentTrack>();
    const rejections: Rejection[] = [];
    for (const [index, event] of events.entries()) {
      const track = this.trackOf(event);
      if (typeof track === 'string') rejections.push({ index, reason: track, retryable: false });
      else tracks.set(index, track);
    }
    return [...rejections, ...(await this.target.send(tracks, signal))];
  }

  /** After the drain: Nest closes what stands deeper later. A client of the application is its own to close. */
  onApplicationShutdown(): void {
    this.wire?.close();
  }

  /** @returns why there is none, as text */
  private trackOf(event: StoredEvent): SegmentTrack | string {
    if (!hasName(event)) return 'no-name';
    try {
      const visitor = this.visitorOf(event);
      return visitor === undefined && !hasUser(event) ? 'no-user' : segmentTrack(event, visitor);
    } catch (error) {
      return `anonymousId threw ${error instanceof Error ? error.name : 'what is not an error'}`;
    }
  }

  /** Anything but a text that says something is none. */
  private visitorOf(event: StoredEvent): string | undefined {
    const visitor: unknown = this.anonymousId(event);
    return typeof visitor === 'string' && visitor !== '' ? visitor : undefined;
  }
}
