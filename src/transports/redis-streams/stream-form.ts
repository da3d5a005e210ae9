/**
 * Writes an event as Open edX writes it to a Redis stream. Open edX reads only `type` and
 * `event_data`. The other fields belong to the CloudEvent, in the order that Open edX's producer
 * uses.
 */
import { hostname } from 'node:os';
import type { BusMessage } from '../bus/bus-producer';
import { TRACKING_EVENT_TYPE } from '../bus/tracking-log';

/** Version of openedx-events that defines this format. */
const SOURCE_LIB = '11.2.0';
const MINOR_VERSION = '0';
const HOST = hostname();

export function streamKey(keyPrefix: string | undefined, topic: string): string {
  return keyPrefix === undefined || keyPrefix === '' ? topic : `${keyPrefix}-${topic}`;
}

/**
 * Returns field names and values in turn.
 * @param time in UTC, formatted like the reference does
 */
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
