import { setField } from '../../event/normal-form';
import { isFields } from '../../event/normalizer';
import type { EventFields, TrackingEvent } from '../../event/tracking-event';

/** An event as a processor of the platform sees it: fields by name, in the order of its line. */
export type PlatformEvent = TrackingEvent & EventFields;

/** Returns the context as fields; empty if a processor has set it to a value without fields. */
export function contextOf({ context }: TrackingEvent): EventFields {
  return isFields(context) ? context : {};
}

/** Returns a copy of an event whose fields, but not their values, may be changed. */
export function shallowCopy(event: TrackingEvent): PlatformEvent {
  return { ...event };
}

/**
 * Takes a field out of `fields`.
 * @returns its value; `absent` if there is no such field
 */
export function takenOut(fields: EventFields, name: string, absent: unknown): unknown {
  if (!Object.hasOwn(fields, name)) return absent;
  const value = fields[name];
  Reflect.deleteProperty(fields, name);
  return value;
}

/** Moves a field of the context to the event itself. */
export function moveUp(event: PlatformEvent, context: EventFields, name: string, absent: unknown): void {
  setField(event, name, takenOut(context, name, absent));
}
