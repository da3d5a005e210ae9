import type { mongo } from 'mongoose';
import type { StoredEvent } from '../../event/tracking-event';

export type EventDocument = mongo.Document & { readonly _id: string };

/** A document that must not be sent, with the reason for the operator, which never holds a value of the event. */
export class RefusedDocument {
  constructor(readonly reason: string) {}
}

/** id, name, timestamp, context and data. */
const OWN_FIELDS = 5;

/** Whatever a processor has added stands beside the event's own fields, as in the log; `_id` is the event's id whatever it is. */
export function documentOf(event: StoredEvent): EventDocument {
  const { id, name, timestamp, context, data } = event;
  const document = { _id: id, name, timestamp, context, data };
  if (Object.keys(event).length === OWN_FIELDS) return document;
  const { id: _id, ...fields } = event; // copies field by field, which most events can do without
  return { ...fields, _id };
}
