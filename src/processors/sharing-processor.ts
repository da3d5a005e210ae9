import { Envelope, OwnContext } from '../event/envelope';
import { DEFAULT_LIMITS } from '../event/normal-form';
import { Normalizer } from '../event/normalizer';
import type { TrackingEvent } from '../event/tracking-event';
import type { DropReason } from '../ledger/reasons';
import type { EnvelopeProcessor } from '../routing/contracts';

/** What the shipped processors have in common: a form that can be called like any other, for who uses one outside of a tree. */
export abstract class SharingProcessor implements EnvelopeProcessor {
  abstract readonly failsClosed: boolean;
  abstract readonly callsApplication: boolean;
  abstract processEnvelope(envelope: Envelope): Envelope | DropReason;

  /** The event as it goes on, or null. The one that is given is not changed. */
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
