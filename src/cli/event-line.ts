/** Reads a line of a log: detects its form, and returns its event. */
import { withoutPythonNumbers } from '../transports/bus/python-json';

/** An event as it appears in a log, with dates as strings. */
export interface LoggedEvent {
  readonly name: string;
  readonly timestamp: string;
  readonly data: unknown;
  readonly context: object;
  /** Id of the event, in lines of this package. */
  readonly id?: unknown;
  /** Definition that created the event, if the module writes it. */
  readonly schema?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const BRACE = 0x7b;
/** Error, as the continuation of the line number. */
const NOT_JSON = 'is not valid JSON';

/**
 * Reads one line. It finds an event in these forms:
 * - as LoggerBackend and the reference write it, also within a line of pino (in its field `event`);
 * - as the tracking log of Open edX has it (`event_type`, `time`, `event`);
 * - in a field of a JSON line, also as a JSON string: `message` of the Nest logger, `log` of a
 *   container log;
 * - behind a prefix that is not JSON, as syslog and Python's logging write it.
 *
 * NaN and Infinity, which Python writes, are read as null.
 * @param json parses JSON; `parsePythonJson` reads integers from 2^53 on as strings of their digits
 * @returns the event; 'other' for JSON without an event; 'blank'; or the reason why the line cannot
 * be read
 */
export function eventOfLine(
  text: string,
  json: ParseJson = numbersAsTheyAre,
): LoggedEvent | 'other' | 'blank' | { readonly why: string } {
  const isPrefixed = text.charCodeAt(0) !== BRACE;
  // Tried first, because an error of JSON.parse costs ten times as much as a successful parse.
  const behind = isPrefixed ? eventBehindPrefix(text, json) : undefined;
  if (behind !== undefined) return behind;
  const value = parse(text, json);
  if (value !== undefined) return eventOf(value.json, json) ?? 'other';
  if (text.trim() === '') return 'blank';
  return (isPrefixed ? undefined : eventBehindPrefix(text, json)) ?? { why: NOT_JSON };
}

/** Finds the event in the parsed value of a line. */
export function eventOf(value: unknown, json: ParseJson = numbersAsTheyAre): LoggedEvent | undefined {
  if (isEvent(value)) return value;
  if (!isObject(value)) return undefined;
  const { event } = value; // a line of pino; its own `name` is the name of the logger
  if (isEvent(event)) return event;
  return openEdxEvent(value, json) ?? eventInField(value, json);
}

/** Parses JSON, or throws. */
export type ParseJson = (text: string) => unknown;

function numbersAsTheyAre(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!text.includes('NaN') && !text.includes('Infinity')) throw error;
    return JSON.parse(withoutPythonNumbers(text));
  }
}

function parse(text: string, json: ParseJson): { readonly json: unknown } | undefined {
  try {
    return { json: json(text) };
  } catch {
    return undefined;
  }
}

function eventBehindPrefix(text: string, json: ParseJson): LoggedEvent | undefined {
  const start = text.search(/\{\s*"/);
  return start > 0 ? eventInJson(text.slice(start), json) : undefined;
}

function eventInField(value: Fields, json: ParseJson): LoggedEvent | undefined {
  for (const held of Object.values(value)) {
    if (isEvent(held)) return held;
    if (typeof held !== 'string' || !held.trimEnd().endsWith('}')) continue;
    const event = eventInJson(held, json) ?? eventBehindPrefix(held, json);
    if (event !== undefined) return event;
  }
  return undefined;
}

function eventInJson(text: string, json: ParseJson): LoggedEvent | undefined {
  const value = parse(text, json)?.json;
  if (isEvent(value)) return value;
  return isObject(value) ? openEdxEvent(value, json) : undefined;
}

function isEvent(value: unknown): value is LoggedEvent {
  if (!isObject(value)) return false;
  const { name, timestamp, data, context } = value;
  return (
    typeof name === 'string' && name !== '' && typeof timestamp === 'string' && data !== undefined && isObject(context)
  );
}

/**
 * Context fields that the platform writes next to the event, with the values that it writes for
 * absent fields.
 */
const MOVED_FIELDS: readonly (readonly [field: string, absent: unknown])[] = [
  ...['username', 'session', 'ip', 'agent', 'host', 'referer', 'accept_language'].map((field) => [field, ''] as const),
  ['event_source', 'server'],
  ['page', null],
];

/** Converts an Open edX event to the form of this library; undefined if it is not one. */
function openEdxEvent(value: Fields, json: ParseJson): LoggedEvent | undefined {
  const { name, event_type: type, time, context, data } = value;
  // Some events of the platform have their data under its newer name.
  const { event = isObject(context) ? data : undefined } = value;
  if (typeof type !== 'string' || type === '' || typeof time !== 'string' || event === undefined) return undefined;
  const all: Record<string, unknown> = isObject(context) ? { ...context } : {};
  for (const [field, absent] of MOVED_FIELDS) {
    const moved = value[field];
    if (moved !== undefined && moved !== null && moved !== absent && !Object.hasOwn(all, field)) all[field] = moved;
  }
  const isNamed = typeof name === 'string' && name !== '';
  return { name: isNamed ? name : type, timestamp: time, data: dataOf(event, json), context: all };
}

/**
 * Returns the data of an Open edX event. Browser events have JSON strings; `""` and null are no
 * data. Other strings stay, such as form data.
 */
function dataOf(event: unknown, json: ParseJson): unknown {
  if (event === null || event === '') return {};
  if (typeof event !== 'string' || !/^\s*[[{]/.test(event)) return event;
  return parse(event, json)?.json ?? event;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
