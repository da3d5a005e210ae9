/**
 * How Open edX has an event on a stream of Redis. Its readers look for `type` and `event_data` only; the others are of the
 * CloudEvent, and in the order of its own producer.
 */
import { hostname } from 'node:os';
import { referenceTime } from '../../../event/reference-text';
import type { BusMessage } from '../bus-producer';
import { TRACKING_EVENT_TYPE } from '../tracking-log';

/** The version of openedx-events whose form this is. */
const SOURCE_LIB = '11.2.0';
const MINOR_VERSION = '0';

export function streamKey(keyPrefix: string | undefined, topic: string): string {
  return keyPrefix === undefined || keyPrefix === '' ? topic : `${keyPrefix}-${topic}`;
}

/** Names and values in turn. */
export function fieldsOf({ id, payload }: BusMessage, source: string, sentAt: Date): (string | Buffer)[] {
  return [
    ...['type', TRACKING_EVENT_TYPE],
    ...['id', id],
    ...['source', source],
    ...['time', referenceTime(sentAt)],
    ...['minorversion', MINOR_VERSION],
    ...['sourcehost', hostname()],
    ...['sourcelib', SOURCE_LIB],
    ...['event_data', payload],
  ];
}
