/**
 * An event as it is on the bus of Open edX: four texts, two of which are JSON. What comes from there was written by Python, which
 * writes NaN and Infinity as bare words; what goes there is strict JSON.
 */
import { referenceJson, referenceTime } from '../../event/reference-text';
import { isFields } from '../../event/normalizer';
import type { EventFields, StoredEvent } from '../../event/tracking-event';
import { parsePythonJson } from './python-json';

/** The type under which Open edX has them on the bus. */
export const TRACKING_EVENT_TYPE = 'org.openedx.analytics.tracking.event.emitted.v1';

export interface TrackingLog {
  readonly name: string;
  /** ISO 8601, with an offset. */
  readonly timestamp: string;
  /** JSON text. */
  readonly data: string;
  /** JSON text. */
  readonly context: string;
}

/** The text of a context: events of one scope share it, and come one after the other. */
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

/** @throws if the event's timestamp is no time */
export function trackingLogOf(
  { name, timestamp, data, context }: StoredEvent,
  contexts = new ContextText(),
): TrackingLog {
  return {
    name,
    timestamp: typeof timestamp === 'string' ? timeText(timestamp) : referenceTime(timeOf(timestamp)),
    data: referenceJson(data),
    context: contexts.of(context),
  };
}

/** @throws with what is wrong, if it is no event */
export function eventOf(id: string, { name, timestamp, data, context }: TrackingLog): StoredEvent {
  return {
    name: name === '' ? 'unknown' : name,
    timestamp: timeOf(timestamp),
    id,
    context: (context as unknown) === null ? {} : contextOf(parse(context, 'context')),
    data: parse(data, 'data') as EventFields,
  };
}

const TIME_TEXT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(?:(Z)|([+-]\d\d):?(\d\d))?$/i;

/** A text keeps its digits, which may be finer than a Date. */
function timeText(timestamp: string): string {
  const time = timeOf(timestamp);
  const [, date, clock, fraction, , hours = '+00', minutes = '00'] = TIME_TEXT.exec(timestamp) ?? [];
  if (date === undefined || clock === undefined) return referenceTime(time);
  return `${date}T${clock}${fraction === undefined ? '' : `.${fraction.padEnd(6, '0')}`}${hours}:${minutes}`;
}

const SECONDS_LENGTH = '2024-01-02T03:04:05'.length;

/**
 * The same moment with the offset +00:00 and as many digits, for the attribute `time` of a CloudEvent: Open edX takes no other
 * offset there.
 * @param timestamp of a TrackingLog
 */
export function utcTime(timestamp: string): string {
  if (timestamp.endsWith('+00:00')) return timestamp;
  const [, , , fraction] = TIME_TEXT.exec(timestamp) ?? [];
  const seconds = timeOf(timestamp).toISOString();
  // A year beyond 9999 has a sign and six digits.
  const length = seconds.startsWith('+') || seconds.startsWith('-') ? SECONDS_LENGTH + 3 : SECONDS_LENGTH;
  return `${seconds.slice(0, length)}${fraction === undefined ? '' : `.${fraction}`}+00:00`;
}

const LONGEST_OFFSET = '+00:00'.length;
/** No notation of a time that is in use is longer. */
const LONGEST_TIME = 100;

/** A processor may have put a text in the place of the time; and a text may lack its offset, which then is UTC. */
function timeOf(timestamp: unknown): Date {
  const isZoneless = typeof timestamp === 'string' && !/(Z|[+-]\d\d:?\d\d)$/i.test(timestamp.slice(-LONGEST_OFFSET));
  const isTooLong = typeof timestamp === 'string' && timestamp.length > LONGEST_TIME;
  const time = timestamp instanceof Date ? timestamp : new Date(isZoneless ? `${timestamp}Z` : String(timestamp));
  // The value is not quoted: it may be of any length, and hold whatever a user typed.
  if (timestamp === null || isTooLong || Number.isNaN(time.getTime())) throw new Error('its timestamp is no time');
  return time;
}

function contextOf(context: unknown): EventFields {
  if (context === null) return {}; // what the producers of Open edX write for an event without a context
  if (isFields(context)) return context;
  throw new Error('its context is no JSON object');
}

function parse(text: string, part: string): unknown {
  try {
    // JSON.parse would read null as its own text.
    if (typeof text === 'string') return parsePythonJson(text);
  } catch {
    // Its message quotes the text.
  }
  throw new Error(`its ${part} is no JSON text`);
}
