/**
 * Prints TypeScript: calls, objects and lists, formatted like prettier at 120 columns, so that a
 * draft needs no changes. Every string from a log passes through `quote`, `propertyKey` or
 * `printable`, because a log must not inject code.
 */
export type Code = string | CallCode | ObjectCode | ListCode;

export interface CallCode {
  readonly callee: string;
  readonly args: readonly Code[];
  /** Method calls on the result: `.optional()`. */
  readonly suffixes: readonly string[];
}

export interface ObjectCode {
  readonly entries: readonly ObjectEntry[];
  /** True if the object may be printed on one line, if it fits. */
  readonly isInline: boolean;
}

export interface ObjectEntry {
  readonly key: string;
  readonly value: Code;
  /** Comment on the line above the entry. */
  readonly comment?: string | undefined;
}

export interface ListCode {
  readonly items: readonly Code[];
}

const WIDTH = 120;

export function call(callee: string, ...args: Code[]): CallCode {
  return { callee, args, suffixes: [] };
}

export function chained(code: CallCode, suffix: string): CallCode {
  return { ...code, suffixes: [...code.suffixes, suffix] };
}

/**
 * Converts a value to code.
 * @param value plain JSON
 */
export function literal(value: unknown): Code {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return { items: value.map(literal) };
  if (typeof value !== 'object' || value === null) return String(value).replace('e+', 'e');
  return { entries: Object.entries(value).map(([key, each]) => ({ key, value: literal(each) })), isInline: true };
}

/** Characters that would end a string, a line or a comment, or change how the code is read. */
const UNSAFE = /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Formats a string literal. */
export function quote(text: string): string {
  const escaped = text.replace(
    UNSAFE,
    (sign) => SHORT[sign] ?? Array.from({ length: sign.length }, (_, at) => unitEscape(sign.charCodeAt(at))).join(''),
  );
  const sign = text.split("'").length > text.split('"').length ? '"' : "'";
  return `${sign}${escaped.replaceAll(sign, `\\${sign}`)}${sign}`;
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

const IDENTIFIER = /^(?!.*[^\0-\uffff])[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * Formats a property key. In an object literal, `__proto__` without brackets sets the prototype
 * instead of a key.
 */
function propertyKey(key: string): string {
  if (key === '__proto__') return "['__proto__']";
  return IDENTIFIER.test(key) ? key : quote(key);
}

/**
 * Prints code.
 * @param before number of used columns on the line
 * @param after number of columns to keep free at the end
 */
export function print(code: Code, indent: string, before: number, after = 1): string {
  const line = inline(code);
  if (line !== undefined && before + line.length + after <= WIDTH) return line;
  if (typeof code === 'string') return code;
  if ('callee' in code) return printCall(code, indent, before);
  return 'entries' in code ? printObject(code, indent) : printList(code, indent);
}

/** Prints code on one line; undefined if it needs several lines. */
function inline(code: Code): string | undefined {
  if (typeof code === 'string') return code;
  if ('callee' in code) {
    const args = isBrokenChain(code) ? undefined : allInline(code.args);
    return args && `${code.callee}(${args.join(', ')})${code.suffixes.join('')}`;
  }
  if ('items' in code) {
    const items = isBrokenList(code) ? undefined : allInline(code.items);
    return items && `[${items.join(', ')}]`;
  }
  if (code.entries.length === 0) return '{}';
  if (!code.isInline) return undefined;
  const values = allInline(code.entries.map(({ value }) => value));
  return values && `{ ${code.entries.map(({ key }, at) => `${propertyKey(key)}: ${values[at] ?? ''}`).join(', ')} }`;
}

function allInline(codes: readonly Code[]): string[] | undefined {
  const lines = codes.map(inline);
  return lines.every((line) => line !== undefined) ? lines : undefined;
}

/**
 * Returns true for a chain of three calls whose first has nested arguments, which is hard to read
 * on one line.
 */
function isBrokenChain({ args, suffixes }: CallCode): boolean {
  return suffixes.length > 1 && args.some((arg) => depthOf(arg) > 1);
}

function depthOf(code: Code): number {
  if (typeof code === 'string') return code.startsWith('{') ? 1 : 0;
  const below = 'callee' in code ? code.args : 'items' in code ? code.items : code.entries.map(({ value }) => value);
  return below.length === 0 ? 0 : 1 + Math.max(...below.map(depthOf));
}

/** Returns true for lists of lists or of objects, which are printed as tables. */
function isBrokenList({ items }: ListCode): boolean {
  if (items.length < 2) return false;
  return (
    items.every((item) => typeof item === 'object' && 'entries' in item && item.entries.length > 1) ||
    items.every((item) => typeof item === 'object' && 'items' in item && item.items.length > 1)
  );
}

function printCall({ callee, args, suffixes }: CallCode, indent: string, before: number): string {
  if (suffixes.length === 0) return `${callee}(${printArguments(args, indent, before + callee.length, 1)})`;
  const [root = '', ...rest] = callee.split('.');
  const inner = `${indent}  `;
  const method = `.${rest.join('.')}`;
  const first = `${method}(${printArguments(args, inner, inner.length + method.length, 0)})`;
  return [root, ...[first, ...suffixes].map((each) => `${inner}${each}`)].join('\n');
}

function printArguments(args: readonly Code[], indent: string, before: number, after: number): string {
  const line = allInline(args)?.join(', ');
  if (line !== undefined && before + line.length + '()'.length + after <= WIDTH) return line;
  const last = args.at(-1);
  const leading = args.slice(0, -1);
  const isHugged = typeof last === 'object' && !('callee' in last) && leading.every((each) => typeof each === 'string');
  if (isHugged) return [...leading, print(last, indent, before + 2)].join(', ');
  const inner = `${indent}  `;
  return `\n${args.map((each) => `${inner}${print(each, inner, inner.length)},\n`).join('')}${indent}`;
}

function printObject({ entries }: ObjectCode, indent: string): string {
  const inner = `${indent}  `;
  const lines = entries.map(({ key, value, comment }) => {
    const name = `${propertyKey(key)}: `;
    const text = print(value, inner, inner.length + name.length);
    // Prettier moves a long string to a separate line only if it fits there. Here it stays on the
    // line of its key.
    return `${comment === undefined ? '' : `${inner}// ${comment}\n`}${inner}${name}${text},\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

function printList({ items }: ListCode, indent: string): string {
  const inner = `${indent}  `;
  if (items.length > 1 && items.every((item) => typeof item === 'string' && /^-?\d/.test(item)))
    return `[\n${filled(items as readonly string[], inner)}${indent}]`;
  return `[\n${items.map((item) => `${inner}${print(item, inner, inner.length)},\n`).join('')}${indent}]`;
}

/** Prints numbers, as many per line as fit. */
function filled(items: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const item of items) {
    const line = lines.at(-1);
    if (line !== undefined && `${line} ${item},`.length <= WIDTH) lines[lines.length - 1] = `${line} ${item},`;
    else lines.push(`${indent}${item},`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
