/** Writes the code that emits the example of an event. */
import type { PrintedEvent } from './printed-catalog';

const INDENT = '  ';

/** Returns the lines of TypeScript, with the required context around them. */
export function emitExample({ document, examples: [example] }: PrintedEvent): string {
  const { context, data } = example.emitted;
  const hasData = document.data !== null || document.examples.length > 0;
  const call = (indent: string): string =>
    `${indent}tracker.emit(${literal(document.name)}${hasData ? `, ${literal(data, indent)}` : ''});`;
  if (document.context === null || Object.keys(context as object).length === 0) return call('');
  return `tracker.context(${literal(context)}, () => {\n${call(INDENT)}\n});`;
}

/** Writes a value as TypeScript. */
function literal(value: unknown, indent = ''): string {
  const inner = indent + INDENT;
  if (value instanceof Date) return `new Date(${text(value.toISOString())})`;
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((each) => literal(each, inner))
    : Object.entries(value).map(([key, each]) => `${keyOf(key)}: ${literal(each, inner)}`);
  if (parts.length === 0) return isList ? '[]' : '{}';
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join('')}${indent}${close}`;
}

/** Writes a string in single quotes, with the escapes of JSON. */
function text(value: string): string {
  const inside = JSON.stringify(value).slice(1, -1);
  return `'${inside.replaceAll(String.raw`\"`, '"').replaceAll("'", String.raw`\'`)}'`;
}

function keyOf(key: string): string {
  // `__proto__: value` would set the prototype.
  if (key === '__proto__') return `['__proto__']`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : text(key);
}
