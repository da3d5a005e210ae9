/**
 * Event in the format of Open edX's bus: four strings, two of which are JSON. Incoming events were
 * written by Python, which writes NaN and Infinity as bare words. Outgoing events are strict JSON.
 */
import { referenceJson, referenceTime } from '../../event/reference-text';
import { isFields } from '../../event/normalizer';
import type { EventFields, IdentifiedEvent } from '../../event/tracking-event';
import { parsePythonJson } from './python-json';

/** CloudEvent type that Open edX uses for tracking events on the bus. */
export const TRACKING_EVENT_TYPE = 'org.openedx.analytics.tracking.event.emitted.v1';

export interface TrackingLog {
  readonly name: string;
  /** Time of the event as ISO 8601 with an offset. */
  readonly timestamp: string;
  /** Event data as a JSON string. */
  readonly data: string;
  /** Event context as a JSON string. */
  readonly context: string;
}

/**
 * Caches the JSON of the last context: events of one scope share their context and follow each
 * other.
 */
export class ContextText {
  private last: unknown;
  private text = '';

  of(context: unknown): string {
    if (context !== this.last) {
      this.text = referenceJson(context);
      this.last = context;
    }
    return this.text;
  }
}

/**
 * Converts an event to the format of the bus.
 * @throws if the event's timestamp is not a valid time
 */
export function trackingLogOf(
  { name, timestamp, data, context }: IdentifiedEvent,
  contexts = new ContextText(),
): TrackingLog {
  return {
    name,
    timestamp: typeof timestamp === 'string' ? timeText(timestamp) : referenceTime(timeOf(timestamp)),
    data: referenceJson(data),
    context: contexts.of(context),
  };
}

/**
 * Converts a log from the bus to an event.
 * @throws an error with the reason if the log is not an event
 */
export function eventOf(id: string, { name, timestamp, data, context }: TrackingLog): IdentifiedEvent {
  return {
    name: name === '' ? 'unknown' : name,
    timestamp: timeOf(timestamp),
    id,
    context: (context as unknown) === null ? {} : contextOf(parse(context, 'context')),
    data: parse(data, 'data') as EventFields,
  };
}

const TIME_TEXT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(?:(Z)|([+-]\d\d):?(\d\d))?$/i;

/** Formats a string timestamp and keeps its digits, which may be more precise than a Date. */
function timeText(timestamp: string): string {
  const time = timeOf(timestamp);
  const [, date, clock, fraction, , hours = '+00', minutes = '00'] = TIME_TEXT.exec(timestamp) ?? [];
  if (date === undefined || clock === undefined) return referenceTime(time);
  return `${date}T${clock}${fraction === undefined ? '' : `.${fraction.padEnd(6, '0')}`}${hours}:${minutes}`;
}

const SECONDS_LENGTH = '2024-01-02T03:04:05'.length;

/**
 * Converts a timestamp to the offset +00:00 with the same number of digits, for the CloudEvent
 * attribute `time`. Open edX accepts no other offset there.
 * @param timestamp of a TrackingLog
 */
export function utcTime(timestamp: string): string {
  if (timestamp.endsWith('+00:00')) return timestamp;
  const [, , , fraction] = TIME_TEXT.exec(timestamp) ?? [];
  const seconds = timeOf(timestamp).toISOString();
  // A year after 9999 or before 0 has a sign and six digits.
  const length = seconds.startsWith('+') || seconds.startsWith('-') ? SECONDS_LENGTH + 3 : SECONDS_LENGTH;
  return `${seconds.slice(0, length)}${fraction === undefined ? '' : `.${fraction}`}+00:00`;
}

const LONGEST_OFFSET = '+00:00'.length;
/** Maximum length of a timestamp; no notation in use is longer. */
const LONGEST_TIME = 100;

/**
 * Parses a timestamp. A processor may have replaced the time by a string, and a string without an
 * offset is UTC.
 */
function timeOf(timestamp: unknown): Date {
  const isZoneless = typeof timestamp === 'string' && !/(Z|[+-]\d\d:?\d\d)$/i.test(timestamp.slice(-LONGEST_OFFSET));
  const isTooLong = typeof timestamp === 'string' && timestamp.length > LONGEST_TIME;
  const time = timestamp instanceof Date ? timestamp : new Date(isZoneless ? `${timestamp}Z` : String(timestamp));
  // The message does not quote the value, which may be of any length and contain user input.
  if (timestamp === null || isTooLong || Number.isNaN(time.getTime())) throw new Error('its timestamp is no time');
  return time;
}

function contextOf(context: unknown): EventFields {
  // The producers of Open edX write null for an event without a context.
  if (context === null) return {};
  if (isFields(context)) return context;
  throw new Error('its context is not a JSON object');
}

function parse(text: string, part: string): unknown {
  try {
    // JSON.parse would convert null to the string "null" and accept it.
    if (typeof text === 'string') return parsePythonJson(text);
  } catch {
    // The message of the error quotes the string.
  }
  throw new Error(`its ${part} is not JSON`);
}
