import type { EventJson } from '../../api';
import { apiUrl } from './api-client';

/** JSON on one line; a dash if there is no value. */
export const asLine = (value: unknown): string => (value === undefined ? '–' : JSON.stringify(value));

export const asJson = (value: unknown): string => JSON.stringify(value, undefined, 2);

/** Line of a test that passes if the application emits the same event. */
export function asTest({ name, data }: EventJson): string {
  return `expect(app).toHaveTracked(${literal(name)}, ${literal(data)});`;
}

/** Command that reads the event from the API. The token is a variable, so it is not copied. */
export function asCurl(id: string, hasToken: boolean): string {
  const header = hasToken ? ' -H "Authorization: Bearer $TOKEN"' : '';
  return `curl -sS${header} ${quoted(apiUrl(`events/${encodeURIComponent(id)}`).href)}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** JavaScript that makes the value, in the form that Prettier gives it. */
function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return stringLiteral(value);
  if (value === null || typeof value !== 'object') return String(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((each: unknown) => literal(each, inner))
    : Object.entries(value).map(([key, each]) => `${keyLiteral(key)}: ${literal(each, inner)}`);
  const [open, close, pad] = Array.isArray(value) ? ['[', ']', ''] : ['{', '}', ' '];
  if (parts.length === 0) return open + close;
  const line = `${open}${pad}${parts.join(', ')}${pad}${close}`;
  if (line.length + indent.length <= 80 && !line.includes('\n')) return line;
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join('')}${indent}${close}`;
}

function stringLiteral(text: string): string {
  return `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)}'`;
}

/** `__proto__` in a literal would set the prototype. */
function keyLiteral(key: string): string {
  if (key === '__proto__') return `['__proto__']`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : stringLiteral(key);
}
