/**
 * An event that holds live objects is a different event for each reader: the log sees a Map as {}, the store sees a class, a
 * getter throws into the request, a cycle hangs the writer, and the caller changes the object after emit. So data and context
 * are brought to one form in one walk, there and then: plain JSON values and Date. Each value is read once; what cannot be
 * written is replaced by a text that says so, and counted. The walk is bounded: tracking must not cost more than the request.
 */
import { types } from 'node:util';
import type { EventFields } from './tracking-event';

/** How much of a value is written. Beyond a limit the rest is replaced by a text in brackets, and counted. */
export interface ValueLimits {
  /** Objects and arrays inside each other.  @default 64 */
  readonly maxDepth: number;
  /** Values in one event's data, keys with undefined included.  @default 20_000 */
  readonly maxNodes: number;
  /** Characters (UTF-16 units) of all texts and keys in one event's data.  @default 1_000_000 */
  readonly maxTextLength: number;
}

/** Some of the limits; what is left out, or undefined, is the default. */
export type PartialLimits = { readonly [Limit in keyof ValueLimits]?: ValueLimits[Limit] | undefined };

export const DEFAULT_LIMITS: ValueLimits = { maxDepth: 64, maxNodes: 20_000, maxTextLength: 1_000_000 };

/** Why a value was replaced; the ledger counts by these. */
export type ReplacedKind =
  | 'function'
  | 'symbol'
  | 'not-finite'
  | 'invalid-date'
  | 'unreadable'
  | 'circular'
  | 'opaque'
  | 'too-deep'
  | 'too-many'
  | 'too-long';

/** Told once for each value that was replaced. @param path dotted, from the value handed in; '' is that value itself. */
export type OnReplaced = (kind: ReplacedKind, path: string) => void;

/** Brings any value to normal form: a fresh copy that shares nothing with it. Never throws. */
export function toNormalForm(value: unknown, limits: ValueLimits, onReplaced: OnReplaced): unknown {
  const walk = new Walk(limits, onReplaced);
  try {
    return walk.value(value, 0);
  } catch (error) {
    return walk.unreadable(error, 0);
  }
}

/** A copy of what is in normal form already; half the price of a walk, since nothing needs to be looked at. */
export function copyNormalForm<T>(value: T): T {
  return copyValue(value) as T;
}

function copyValue(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? copyObject(value) : value;
}

function copyObject(value: object): unknown {
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    for (let at = 0; at < value.length; at++) copy.push(copyValue(value[at]));
    return copy;
  }
  if (value instanceof Date) return new Date(value.getTime());
  const copy: EventFields = {};
  // Not over Object.keys, a list of which is made each time, and not with Object.hasOwn: each took a third longer.
  for (const key in value) {
    if (Object.prototype.hasOwnProperty.call(value, key)) setField(copy, key, copyValue((value as EventFields)[key]));
  }
  return copy;
}

/**
 * Whether a value is plain JSON and the same as another that is in normal form. Dates are not looked into.
 * @param form in normal form
 */
export function isSameForm(value: unknown, form: unknown): boolean {
  if (typeof form !== 'object' || form === null) return value === form;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(form)) return Array.isArray(value) && areSameForms(value, form);
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.getPrototypeOf(form) !== Object.prototype)
    return false;
  let more = 0;
  for (const key in value) if (Object.prototype.hasOwnProperty.call(value, key)) more++;
  for (const key in form) {
    if (!Object.prototype.hasOwnProperty.call(form, key)) continue;
    if (!Object.prototype.hasOwnProperty.call(value, key)) return false;
    if (!isSameForm((value as EventFields)[key], (form as EventFields)[key])) return false;
    more--;
  }
  return more === 0;
}

function areSameForms(values: readonly unknown[], forms: readonly unknown[]): boolean {
  if (values.length !== forms.length) return false;
  for (let at = 0; at < forms.length; at++) if (!isSameForm(values[at], forms[at])) return false;
  return true;
}

/** About how long the JSON text of what is in normal form is. */
export function estimateLength(form: unknown): number {
  if (typeof form === 'string') return form.length + 2;
  if (typeof form !== 'object' || form === null) return 5;
  if (form instanceof Date) return 26;
  let length = 2;
  if (Array.isArray(form)) {
    for (let at = 0; at < form.length; at++) length += estimateLength(form[at]) + 1;
    return length;
  }
  for (const key in form) length += key.length + 4 + estimateLength((form as EventFields)[key]);
  return length;
}

/** Whether there is a Date anywhere in what is in normal form. */
export function hasDates(form: unknown): boolean {
  if (typeof form !== 'object' || form === null) return false;
  if (form instanceof Date) return true;
  for (const key in form) if (hasDates((form as EventFields)[key])) return true;
  return false;
}

/** `copy['__proto__'] = x` would replace the prototype: such a key becomes an ordinary field. */
export function setField(fields: EventFields, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    fields[key] = value;
  }
}

class Walk {
  private nodes = 0;
  private textLength = 0;
  /** The objects being walked, outermost first. */
  private readonly ancestors: object[] = [];
  /** The key taken at each depth, for naming what is replaced. */
  private readonly keys: (string | number)[] = [];

  constructor(
    private readonly limits: ValueLimits,
    private readonly onReplaced: OnReplaced,
  ) {}

  value(value: unknown, depth: number): unknown {
    if (++this.nodes > this.limits.maxNodes) return this.replace('too-many', '[Left out: too many values]', depth);
    switch (typeof value) {
      case 'string':
        return this.text(value, depth);
      case 'number':
        if (Number.isFinite(value)) return value === 0 ? 0 : value; // -0 has no JSON of its own
        return this.replace('not-finite', null, depth);
      case 'boolean':
      case 'undefined':
        return value;
      case 'bigint':
        return this.bigint(value, depth);
      case 'function':
        return this.replace('function', `[Function: ${nameOf(value)}]`, depth);
      case 'symbol':
        return this.replace('symbol', brief(String(value)), depth);
      case 'object':
        return value === null ? null : this.object(value, depth);
    }
  }

  unreadable(error: unknown, depth: number): string {
    return this.replace('unreadable', `[Unreadable: ${describeError(error)}]`, depth);
  }

  private text(text: string, depth: number): string {
    this.textLength += text.length;
    if (this.textLength <= this.limits.maxTextLength) return text;
    this.textLength -= text.length;
    return this.replace('too-long', `[Left out: text of ${String(text.length)} characters]`, depth);
  }

  /** Decimal digits take time quadratic in their number, hexadecimal ones do not: so a huge one is measured by these. */
  private bigint(value: bigint, depth: number): string {
    if (value > -HUGE && value < HUGE) return this.text(value.toString(), depth);
    const digits = Math.floor(value.toString(16).length * Math.log10(16));
    if (this.textLength + digits <= this.limits.maxTextLength) return this.text(value.toString(), depth);
    return this.replace('too-long', `[Left out: about ${String(digits)} digits]`, depth);
  }

  private object(value: object, depth: number): unknown {
    if (depth >= this.limits.maxDepth) return this.replace('too-deep', '[Left out: too deep]', depth);
    if (this.ancestors.includes(value)) return this.replace('circular', '[Circular]', depth);
    this.ancestors.push(value);
    const result = this.anyObject(value, depth);
    // Only reached when nothing threw; a throw ends in `fields` or `items` of an outer object, which cuts the list back.
    this.ancestors.pop();
    return result;
  }

  /** @param asks whether a toJSON is called */
  private anyObject(value: object, depth: number, asks = true): unknown {
    if (Array.isArray(value)) return this.items(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return this.instance(value, depth, asks);
    return asks && hasToJson(value) ? this.json(value, depth) : this.fields(value, depth);
  }

  /** @param length how many there are, of which `items` may hold only as many as there is room for */
  private items(items: readonly unknown[], depth: number, length = items.length): unknown[] {
    const open = this.ancestors.length;
    const copy: unknown[] = [];
    for (let at = 0; at < length; at++) {
      if (this.nodes >= this.limits.maxNodes) {
        copy.push(this.replace('too-many', `[Left out: ${String(length - at)} more items]`, depth));
        break;
      }
      this.keys[depth] = at;
      try {
        copy.push(this.value(items[at], depth + 1) ?? null);
      } catch (error) {
        this.ancestors.length = open;
        copy.push(this.unreadable(error, depth + 1));
      }
    }
    return copy;
  }

  /** @param count as `length` of `items` */
  private fields(value: object, depth: number, count?: number): EventFields {
    const copy: EventFields = {};
    this.copyFields(value, copy, depth, count);
    return copy;
  }

  /** @param known fields that were copied before */
  private copyFields(value: object, copy: EventFields, depth: number, count?: number, known?: object): void {
    const open = this.ancestors.length;
    const keys = Object.keys(value);
    const length = count ?? keys.length;
    let unfit = 0;
    for (let at = 0; at < length; at++) {
      const key = keys[at] as string;
      if (this.nodes >= this.limits.maxNodes) {
        copy['[Left out]'] = this.replace('too-many', `${String(length - at)} more keys`, depth);
        break;
      }
      if (known !== undefined && key in known) continue;
      // A short key always fits, or numbers that come after a long text would be lost with it.
      if (key.length > LONG_KEY && this.textLength + key.length > this.limits.maxTextLength) {
        this.nodes++;
        unfit++;
        continue;
      }
      this.textLength += key.length;
      let field: unknown;
      try {
        const given = (value as EventFields)[key];
        if (typeof given === 'string' && this.textLength + given.length <= this.limits.maxTextLength) {
          // Most fields of most events: what else is done for a value, to name it if it is replaced, costs more than its copy.
          this.nodes++;
          this.textLength += given.length;
          field = given;
        } else {
          this.keys[depth] = key;
          field = this.value(given, depth + 1);
        }
      } catch (error) {
        this.keys[depth] = key;
        this.ancestors.length = open;
        field = this.unreadable(error, depth + 1);
      }
      if (field !== undefined) setField(copy, key, field);
    }
    if (unfit > 0) copy['[Left out: long keys]'] = this.replace('too-long', unfit, depth);
  }

  /** Everything that is neither a plain object nor an array. */
  private instance(value: object, depth: number, asks: boolean): unknown {
    if (value instanceof Date || types.isDate(value)) return this.date(value, depth);
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return this.binary(value, depth);
    if (asks && hasToJson(value)) return this.json(value, depth);
    if (types.isMap(value)) return this.map(value, depth);
    if (types.isSet(value)) return this.set(value, depth);
    if (value instanceof Error || types.isNativeError(value)) return this.error(value, depth);
    if (types.isBoxedPrimitive(value)) return this.value(unbox(value), depth);
    if (types.isRegExp(value) || value instanceof URLSearchParams) return this.text(String(value), depth);
    if (isOpaque(value)) return this.replace('opaque', `[${classOf(value)}]`, depth);
    return this.fields(value, depth);
  }

  private json(value: object, depth: number): unknown {
    const json = (value as { toJSON(key: string): unknown }).toJSON('');
    // Of an async one nobody else knows: its rejection would end the process.
    if (types.isPromise(json)) json.then(undefined, () => undefined);
    // As JSON.stringify does, the result is not asked again: one that returns itself, or another with a toJSON, must not recurse.
    return typeof json === 'object' && json !== null ? this.anyObject(json, depth, false) : this.value(json, depth);
  }

  private date(date: Date, depth: number): Date | null {
    const time = Date.prototype.getTime.call(date);
    return Number.isNaN(time) ? this.replace('invalid-date', null, depth) : new Date(time);
  }

  private binary(value: ArrayBufferView | ArrayBufferLike, depth: number): unknown {
    const isNumbers = ArrayBuffer.isView(value) && !(value instanceof DataView) && !types.isUint8Array(value);
    if (isNumbers) return this.items(value as unknown as readonly unknown[], depth);
    const bytes = ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : Buffer.from(value);
    // Refused before it is encoded: the text of a buffer of any size must not be made only to be thrown away.
    if (this.textLength + Math.ceil(bytes.byteLength / 3) * 4 > this.limits.maxTextLength) {
      return this.replace('too-long', `[Left out: ${String(bytes.byteLength)} bytes]`, depth);
    }
    return this.text(bytes.toString('base64'), depth);
  }

  private set(set: ReadonlySet<unknown>, depth: number): unknown[] {
    return this.items(this.take(Set.prototype.values.call(set)), depth, sizeOf(set));
  }

  /** With keys that make distinct texts an object, else its entries: `new Map([[1, 'a'], ['1', 'b']])` must not lose one. */
  private map(map: ReadonlyMap<unknown, unknown>, depth: number): unknown {
    const entries = this.take(Map.prototype.entries.call(map));
    const fields = Object.create(null) as EventFields;
    let count = 0;
    for (const [key, value] of entries) {
      if (typeof key === 'object' ? key !== null : typeof key === 'function' || typeof key === 'symbol') break;
      const text = String(key);
      if (text in fields) break;
      fields[text] = value;
      count++;
    }
    const size = sizeOf(map);
    return count === entries.length ? this.fields(fields, depth, size) : this.items(entries, depth, size);
  }

  /**
   * As many values as there is room for, so that millions are not copied to be thrown away. To be called with an iterator of
   * the language, since that of a subclass may have no end.
   */
  private take<T>(values: IterableIterator<T>): T[] {
    const taken: T[] = [];
    const room = this.limits.maxNodes - this.nodes;
    for (const value of values) {
      if (taken.length >= room) break;
      taken.push(value);
    }
    return taken;
  }

  private error(error: Error, depth: number): EventFields {
    const copy: EventFields = {};
    const hidden = Object.create(null) as EventFields;
    for (const key of ['name', 'message', 'stack', 'cause', 'errors'] as const) {
      const field = (error as unknown as EventFields)[key];
      if (field !== undefined) hidden[key] = field;
    }
    this.copyFields(hidden, copy, depth);
    this.copyFields(error, copy, depth, undefined, hidden);
    return copy;
  }

  private replace<T>(kind: ReplacedKind, replacement: T, depth: number): T {
    this.onReplaced(kind, this.keys.slice(0, depth).join('.'));
    return replacement;
  }
}

const LONG_KEY = 100;

/** Beyond it, the digits of a bigint are counted before they are made. */
const HUGE = 1n << 4096n;

/** By the built-in getter: a subclass may have a `size` of its own. */
function sizeOf(collection: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>): number {
  const prototype = types.isMap(collection) ? Map.prototype : Set.prototype;
  return Reflect.get(prototype, 'size', collection);
}

function unbox(value: object): unknown {
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value);
}

function hasToJson(value: object): boolean {
  return typeof (value as EventFields)['toJSON'] === 'function';
}

/** Live machinery, whose fields say nothing about what happened and lead to half the process. */
function isOpaque(value: object): boolean {
  const { pipe, on, subscribe, then, unref } = value as Record<'pipe' | 'on' | 'subscribe' | 'then' | 'unref', unknown>;
  return (
    types.isPromise(value) ||
    // A query that nobody awaited: from its fields the way leads to the connection, and to the password in its URL.
    typeof then === 'function' ||
    typeof subscribe === 'function' ||
    (typeof pipe === 'function' && typeof on === 'function') ||
    typeof unref === 'function' || // a timer holds all other timers of the process, with what they were given
    isAroundHttp(value) ||
    // The machinery of the language and of the web has no fields: `{}` would hide that something was left out.
    (tagOf(value) !== undefined && Object.keys(value).length === 0)
  );
}

/** A request or reply of Fastify: among its own fields are the query, the body and the cookies. */
function isAroundHttp(value: object): boolean {
  if (!Object.hasOwn(value, 'raw')) return false; // a getter of a class is not called for what is only a guess
  const { raw } = value as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null && ('httpVersion' in raw || 'writeHead' in raw);
}

function nameOf(value: { readonly name?: unknown }): string {
  return typeof value.name === 'string' && value.name !== '' ? brief(value.name) : 'anonymous';
}

function brief(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function classOf(value: object): string {
  return tagOf(value) ?? nameOf((value as { constructor?: { name?: unknown } }).constructor ?? {});
}

function tagOf(value: object): string | undefined {
  const tag = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag === 'string' && tag !== '' ? brief(tag) : undefined;
}

/** Short, and safe for anything that can be thrown, revoked proxies included. */
export function describeError(error: unknown): string {
  try {
    return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 200);
  } catch {
    return 'an error that cannot be read';
  }
}
