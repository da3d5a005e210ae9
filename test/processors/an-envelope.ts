import { Envelope, OwnContext } from '../../src/event/envelope';
import { DEFAULT_LIMITS } from '../../src/event/normal-form';
import { Normalizer } from '../../src/event/normalizer';
import type { EventFields } from '../../src/event/tracking-event';

/**
 * Creates the envelope of an event without an application. `data` and `context` are in normal form.
 */
export function anEnvelope(data: EventFields, context: EventFields = {}, name = 'played'): Envelope {
  const emitted = { id: 'id', name, time: 0, context: new OwnContext(context), data, depth: 0, parentId: undefined };
  return Envelope.of(emitted, new Normalizer(DEFAULT_LIMITS));
}
