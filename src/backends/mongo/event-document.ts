import type { mongo } from 'mongoose';
import type { IdentifiedEvent } from '../../event/tracking-event';

export type EventDocument = mongo.Document & { readonly _id: string };

/**
 * Document that must not be sent. The reason is for the operator and never contains a value of the
 * event.
 */
export class RefusedDocument {
  constructor(readonly reason: string) {}
}

/** Number of standard fields: id, name, timestamp, context and data. */
const OWN_FIELDS = 5;

/**
 * Returns the document of an event. Fields added by a processor are stored next to the standard
 * fields, as in the log. `_id` is always the event's id.
 */
export function documentOf(event: IdentifiedEvent): EventDocument {
  const { id, name, timestamp, context, data } = event;
  const document = { _id: id, name, timestamp, context, data };
  if (Object.keys(event).length === OWN_FIELDS) return document;
  // Slower, because it copies each field; most events do not need it.
  const { id: _id, ...fields } = event;
  return { ...fields, _id };
}
