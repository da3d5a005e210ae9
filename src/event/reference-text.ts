/**
 * The JSON text that the reference writes to its tracking log, byte for byte, for the readers which were written against it:
 * separators ", " and ": ", ASCII only with lower-case escapes (DEL too, which JSON.stringify leaves), exponents of two digits,
 * times as "+00:00" with a fraction of six digits or none.
 */
import type { EventFields, TrackingEvent } from './tracking-event';

const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/g;
const TO_BE_ESCAPED = /["\\]|[^\x20-\x7e]/;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** One line without its newline: name, timestamp, data, context in the reference's order, then whatever processors added. No id. */
export function referenceText(event: TrackingEvent): string {
  const { name, timestamp, data, context, ...added } = event;
  return valueText({ name, timestamp, data, context, ...added });
}

/** The text of a part of an event: of its data, or its context. */
export function referenceJson(value: unknown): string {
  return valueText(value);
}

/** A time as the reference writes it, without quotes. */
export function referenceTime(time: Date): string {
  return timeText(time);
}

function valueText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return stringText(value);
    case 'number':
      return numberText(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : objectText(value);
    default:
      return 'null'; // not in normal form, so not in an event
  }
}

function objectText(value: object): string {
  if (value instanceof Date) return `"${timeText(value)}"`;
  let text = '';
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) text += `${at === 0 ? '' : ', '}${valueText(value[at])}`;
    return `[${text}]`;
  }
  for (const key in value) {
    if (!Object.prototype.hasOwnProperty.call(value, key)) continue;
    text += `${text === '' ? '' : ', '}${stringText(key)}: ${valueText((value as EventFields)[key])}`;
  }
  return `{${text}}`;
}

function stringText(text: string): string {
  if (!TO_BE_ESCAPED.test(text)) return `"${text}"`; // as most are: looking costs a third of replacing
  const escaped = text.replace(/["\\]/g, '\\$&').replace(NOT_PRINTABLE_ASCII, escape);
  return `"${escaped}"`;
}

function escape(unit: string): string {
  return SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Shortest round trip; an exponent of two digits at least below 1e-4 and from 1e16 up, where a number is no longer an exact
 * integer. Whole numbers below that stay whole, without ".0": JavaScript does not know which kind they were.
 */
function numberText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`;
  }
  return String(value);
}

function timeText(time: Date): string {
  const text = time.toISOString();
  return text.endsWith('.000Z') ? text.replace('.000Z', '+00:00') : text.replace('Z', '000+00:00');
}
