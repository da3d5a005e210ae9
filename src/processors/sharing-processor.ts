import { Envelope, OwnContext } from '../event/envelope';
import { DEFAULT_LIMITS } from '../event/normal-form';
import { Normalizer } from '../event/normalizer';
import type { TrackingEvent } from '../event/tracking-event';
import type { DropReason } from '../ledger/reasons';
import type { EventProcessor } from '../routing/contracts';

/**
 * Base class of the included processors. Adds `process`, so that a processor can also be called
 * outside a tree.
 */
export abstract class SharingProcessor implements EventProcessor {
  abstract readonly failsClosed: boolean;
  abstract readonly callsApplication: boolean;
  /** @internal */
  abstract processEnvelope(envelope: Envelope): Envelope | DropReason;

  /** Returns the processed event, or null if it is dropped. Does not change the given event. */
  process(event: TrackingEvent): TrackingEvent | null {
    const { name, timestamp, context, data } = event;
    const emitted = {
      id: '',
      name,
      time: timestamp.getTime(),
      context: new OwnContext(context),
      data,
      depth: 0,
      parentId: undefined,
    };
    const envelope = Envelope.of(emitted, new Normalizer(DEFAULT_LIMITS)).with(event);
    const processed = this.processEnvelope(envelope);
    return typeof processed === 'string' ? null : processed.event;
  }
}
