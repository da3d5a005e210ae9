import type { EventFields, TrackingEvent } from './tracking-event';

const FIELDS = new Set(['name', 'timestamp', 'context', 'data']);
const MAX_NAMES = 1000;
const MAX_NAME_LENGTH = 200;

/**
 * JSON text of the names seen before. An application has some hundred names and emits each of them
 * many times.
 */
const nameTexts = new Map<string, string>();

function nameText(name: string): string {
  if (name.length > MAX_NAME_LENGTH) return JSON.stringify(name);
  let text = nameTexts.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    // Without this, names that contain ids would grow the map without limit.
    if (nameTexts.size >= MAX_NAMES) nameTexts.clear();
    nameTexts.set(name, text);
  }
  return text;
}

const keyTexts = new Map<string, string>();

/** Returns a key in JSON, with its colon. Contexts use the same keys many times. */
function keyText(key: string): string {
  let text = keyTexts.get(key);
  if (text === undefined) {
    text = `${JSON.stringify(key)}:`;
    if (keyTexts.size >= MAX_NAMES) keyTexts.clear();
    if (key.length <= MAX_NAME_LENGTH) keyTexts.set(key, text);
  }
  return text;
}

const ESCAPED = /[\u0000-\u001f"\\\ud800-\udfff]/;

/**
 * The JSON text of fields in normal form, without the outer braces.
 *
 * A test for characters that need escaping takes a third of the time that JSON.stringify needs for
 * a string without any. Most contexts contain only strings and other primitives, so such fields are
 * written here.
 */
export function fieldsText(fields: EventFields): string {
  let text = '';
  for (const key in fields) {
    if (!Object.prototype.hasOwnProperty.call(fields, key)) continue;
    const value = fields[key];
    let json: string;
    if (typeof value === 'string') json = ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`;
    else if (value === null || typeof value === 'boolean' || Number.isFinite(value)) json = String(value);
    else return JSON.stringify(fields).slice(1, -1);
    text += `${text === '' ? '' : ','}${keyText(key)}${json}`;
  }
  return text;
}

let lastTime = Number.NaN;
let lastTimeText = '';
let lastSecond = Number.NaN;
let lastSecondText = '';

/**
 * The time as a JSON string in RFC 3339 with milliseconds. Many events share a millisecond or a
 * second, and Date's own formatting costs more than all other parts of emit.
 */
function timeText(time: number): string {
  if (time === lastTime) return lastTimeText;
  const whole = Math.trunc(time);
  const second = Math.floor(whole / 1000);
  if (second !== lastSecond) {
    lastSecondText = `"${new Date(second * 1000).toISOString().slice(0, -'000Z'.length)}`;
    lastSecond = second;
  }
  lastTimeText = `${lastSecondText}${String(1000 + whole - second * 1000).slice(1)}Z"`;
  lastTime = time;
  return lastTimeText;
}

/**
 * The JSON text of an event as it was emitted: the same as `eventText`, from parts that are already
 * text.
 */
export function emittedText(name: string, time: number, id: string, contextText: string, dataText: string): string {
  return `{"name":${nameText(name)},"timestamp":${timeText(time)},"id":"${id}","context":${contextText},"data":${dataText}}`;
}

/**
 * The JSON text of one event, on one line: name, timestamp, id, context, data, then the fields that
 * processors added.
 * @param contextText JSON text of the context, if the scope has already made it
 */
export function eventText(event: TrackingEvent, id: string, contextText: string | undefined): string {
  const { name, timestamp, context, data } = event;
  const timestampText = timestamp instanceof Date ? timeText(timestamp.getTime()) : JSON.stringify(timestamp);
  const text =
    `{"name":${nameText(name)},"timestamp":${timestampText},"id":"${id}",` +
    `"context":${contextText ?? JSON.stringify(context)},"data":${JSON.stringify(data)}`;
  return `${text}${addedText(event)}}`;
}

function addedText(event: TrackingEvent): string {
  let text = '';
  for (const key of Object.keys(event)) {
    if (FIELDS.has(key)) continue;
    text += `,${JSON.stringify(key)}:${JSON.stringify((event as unknown as Record<string, unknown>)[key])}`;
  }
  return text;
}
