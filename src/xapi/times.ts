/**
 * Times and durations in the forms that Open edX's converter writes.
 */
import { referenceTime } from '../event/reference-text';

const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d+))?(Z|[+-]\d{2}(?::?\d{2})?)$/i;

/**
 * The time of an event as text: as it is in a log line, or `2020-07-15T06:36:01.917000+00:00`. An
 * imported event has the text of its line in `time` (docs/decisions/0370).
 * @returns undefined if there is none; a text that is no time for a value of another type
 */
export function rawTime({ timestamp, time }: { timestamp?: unknown; time?: unknown }): string | undefined {
  if (timestamp instanceof Date && typeof time === 'string' && epochMs(time) === timestamp.getTime()) return time;
  const value = timestamp === undefined || timestamp === null || timestamp === '' ? time : timestamp;
  if (value === undefined || value === null || value === '') return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : referenceTime(value);
  return typeof value === 'string' ? value : `a ${typeof value}`;
}

/**
 * Formats a time as a statement has it: with the offset in hours and minutes instead of `Z`, and
 * with six digits of a second, or none if they are zero.
 * @returns undefined if the text is not a time with a zone
 */
export function statementTime(raw: string): string | undefined {
  const match = TIME.exec(raw);
  if (match === null || Number.isNaN(epochMs(raw))) return undefined;
  const [, day = '', minute = '', second = ':00', fraction = '', zone = ''] = match;
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  const offset = zone.toUpperCase() === 'Z' ? '+00:00' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const hours = zone.length === 3 ? `${zone}:00` : offset;
  return `${day}T${minute}${second}${micros === '000000' ? '' : `.${micros}`}${hours}`;
}

/** Milliseconds since 1970, cut off after them; NaN if the text is not a time with a zone. */
export function epochMs(raw: string): number {
  const match = TIME.exec(raw);
  if (match === null) return Number.NaN;
  const [, day = '', minute = '', second = ':00', fraction = '', zone = ''] = match;
  const hours = zone.length === 3 ? `${zone}:00` : zone;
  return Date.parse(`${day}T${minute}${second}.${fraction.slice(0, 3).padEnd(3, '0')}${hours.toUpperCase()}`);
}

/** Parts of a duration, with seconds rounded to microseconds. */
interface DurationParts {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

function durationParts(total: number): DurationParts {
  const micros = Math.round(total * 1e6);
  const seconds = (micros % 60e6) / 1e6;
  const minutes = Math.floor(micros / 60e6);
  return {
    days: Math.floor(minutes / 1440),
    hours: Math.floor(minutes / 60) % 24,
    minutes: minutes % 60,
    seconds,
  };
}

/** Duration in xAPI's form, with two digits for each part below the largest: `PT03M15S`. */
export function xapiDuration(total: number): string {
  const { days, hours, minutes, seconds } = durationParts(total);
  const hasHours = days > 0 || hours > 0;
  const hasMinutes = hasHours || minutes > 0;
  const whole = twoDigits(Math.floor(seconds));
  const fraction = fractionOf(seconds);
  return `P${days > 0 ? `${String(days)}D` : ''}T${hasHours ? `${twoDigits(hours)}H` : ''}${
    hasMinutes ? `${twoDigits(minutes)}M` : ''
  }${whole}${fraction}S`;
}

/** Duration in Caliper's form, without zero parts: `PT3M15S`, `P0D` for none. */
export function caliperDuration(total: number): string {
  const { days, hours, minutes, seconds } = durationParts(total);
  const date = days > 0 ? `${String(days)}D` : '';
  const time =
    (hours > 0 ? `${String(hours)}H` : '') +
    (minutes > 0 ? `${String(minutes)}M` : '') +
    (seconds > 0 ? `${String(Math.floor(seconds))}${fractionOf(seconds)}S` : '');
  if (time !== '') return `P${date}T${time}`;
  return `P${date === '' ? '0D' : date}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function fractionOf(seconds: number): string {
  const fraction = seconds.toFixed(6).split('.')[1] ?? '';
  const digits = fraction.replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
}
