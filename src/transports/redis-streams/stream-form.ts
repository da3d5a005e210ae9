/**
 * How Open edX has an event on a stream of Redis. Its readers look for `type` and `event_data` only; the others are of the
 * CloudEvent, and in the order of its own producer.
 */
import { hostname } from 'node:os';
import type { BusMessage } from '../bus/bus-producer';
import { TRACKING_EVENT_TYPE } from '../bus/tracking-log';

/** The version of openedx-events whose form this is. */
const SOURCE_LIB = '11.2.0';
const MINOR_VERSION = '0';
const HOST = hostname();

export function streamKey(keyPrefix: string | undefined, topic: string): string {
  return keyPrefix === undefined || keyPrefix === '' ? topic : `${keyPrefix}-${topic}`;
}

/** Names and values in turn. @param time in UTC, as the reference writes one */
export function fieldsOf({ id, payload }: BusMessage, source: string, time: string): (string | Buffer)[] {
  return [
    ...['type', TRACKING_EVENT_TYPE],
    ...['id', id],
    ...['source', source],
    ...['time', time],
    ...['minorversion', MINOR_VERSION],
    ...['sourcehost', HOST],
    ...['sourcelib', SOURCE_LIB],
    ...['event_data', payload],
  ];
}
