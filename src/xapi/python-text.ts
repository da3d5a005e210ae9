/**
 * Texts that Open edX's converter makes of the values of an event with Python. They are parts of
 * statements, such as the response to a problem, and readers of an LRS compare them.
 */
import { isMapping } from './learning-event';

/** JSON text with Python's separators. Other letters than ASCII's stay as they are. */
export function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(', ')}]`;
  if (!isMapping(value)) return JSON.stringify(value ?? null);
  const parts = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${spacedJson(each)}`);
  return `{${parts.join(', ')}}`;
}

/** The text of a value as by Python's `str`: `True`, `None`, `{'a': 1}`; a string as it is. */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : literal(value);
}

function literal(value: unknown): string {
  if (value === undefined || value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (isMapping(value)) {
    const parts = Object.entries(value).map(([key, each]) => `${quoted(key)}: ${literal(each)}`);
    return `{${parts.join(', ')}}`;
  }
  return value instanceof Date ? quoted(value.toISOString()) : JSON.stringify(value);
}

/** A string in single quotes, or in double quotes if it has only single quotes inside. */
function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(mark, `\\${mark}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `${mark}${escaped}${mark}`;
}
