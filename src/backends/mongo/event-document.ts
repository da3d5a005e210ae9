/**
 * What the driver makes of a value that MongoDB cannot hold is not always a refusal: an integer beyond 64 bits is cut to its
 * last 64 bits and stored as another number, and what is nested too deep may break the connection. Events in normal form have
 * no such value; what `transform` gives may have any.
 */
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

export function transformedDocument(
  event: StoredEvent,
  transform: (event: StoredEvent) => object,
): EventDocument | RefusedDocument {
  try {
    const made: unknown = transform(event);
    if (typeof made !== 'object' || made === null || Array.isArray(made))
      return new RefusedDocument('transform gave no object');
    const fault = faultOf(made, 1, new Set());
    if (fault !== undefined) return new RefusedDocument(fault);
    return { ...made, _id: event.id };
  } catch (error) {
    // Its message may hold what it could not cope with.
    return new RefusedDocument(`transform failed (${error instanceof Error ? error.name : typeof error})`);
  }
}

/** https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Nested-Depth-for-BSON-Documents */
const MAX_LEVELS = 100;

/** @param around the objects that hold this one: one that holds itself is left to the encoder, which refuses it */
function faultOf(value: unknown, level: number, around: Set<object>): string | undefined {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? undefined : 'an integer is beyond 64 bits';
  if (typeof value !== 'object' || value === null || around.has(value) || ArrayBuffer.isView(value)) return undefined;
  if (level > MAX_LEVELS) return `it is nested deeper than ${String(MAX_LEVELS)} levels`;
  around.add(value);
  const parts: Iterable<unknown> = value instanceof Map ? value.values() : Object.values(value);
  for (const part of parts) {
    const fault = faultOf(part, level + 1, around);
    if (fault !== undefined) return fault;
  }
  around.delete(value);
  return undefined;
}
