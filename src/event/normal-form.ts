/**
 * Brings values to normal form: plain JSON values and Date.
 *
 * Each reader sees an event with live objects differently: the log sees a Map as {}, the store sees
 * a class instance, a getter throws into the request, a cycle hangs the writer, and the caller
 * changes the object after emit. Data and context are therefore brought to normal form at once, in
 * one walk. A value that cannot be written is replaced by a string that says so, and counted. The
 * walk is bounded, because tracking must not cost more than the request.
 */
import { types } from 'node:util';
import { describeError } from '../common/describe-error';
import { setField } from './form-copies';
import { brief, classOf, isOpaque, nameOf } from './opaque-values';
import { MAX_COUNTED_KEYS, type ListedKeys } from './plain-json';
import type { OnReplaced, ReplacedKind, ReplacedPlace } from './replaced-value';
import type { EventFields } from './tracking-event';
import type { WalkLimits } from './value-limits';
import { digitsOf, hasToJson, bsonText, isBsonNumber, isHidden, isHuge, keyPath, sizeOf, unbox } from './value-parts';

export { describeError } from '../common/describe-error';
export { copyNormalForm, estimateLength, hasDates, isSameForm, setField } from './form-copies';
export type { ReplacedKind } from './replaced-value';
export { DEFAULT_LIMITS, type PartialLimits, type ValueLimits } from './value-limits';

/**
 * Brings any value to normal form: a new copy that shares nothing with the value. Never throws.
 * @param listed keys of objects in the value that were listed a moment ago
 */
export function toNormalForm(value: unknown, limits: WalkLimits, onReplaced: OnReplaced, listed?: ListedKeys): unknown {
  const walk = new Walk(limits, onReplaced, listed);
  try {
    return walk.value(value, 0);
  } catch (error) {
    return walk.unreadable(error, 0);
  }
}

class Walk implements ReplacedPlace {
  private nodes = 0;
  private textLength = 0;
  private hugeDigits = 0;
  /** The objects being walked, outermost first. */
  private readonly ancestors: object[] = [];
  /** The key taken at each depth, for the path of a replaced value. */
  private readonly keys: (string | number)[] = [];
  /** Number of keys on the path to the value that is being replaced. */
  private replacedDepth = 0;

  constructor(
    private readonly limits: WalkLimits,
    private readonly onReplaced: OnReplaced,
    private readonly listed: ListedKeys | undefined,
  ) {}

  value(value: unknown, depth: number): unknown {
    if (++this.nodes > this.limits.maxNodes) return this.replace('too-many', '[Left out: too many values]', depth);
    switch (typeof value) {
      case 'string':
        return this.text(value, depth);
      case 'number':
        if (Number.isFinite(value)) return value === 0 ? 0 : value; // JSON has no -0
        return this.replace('not-finite', null, depth);
      case 'boolean':
      case 'undefined':
        return value;
      case 'bigint':
        return this.bigint(value, depth);
      case 'function':
        return this.replace('function', `[Function: ${nameOf(value)}]`, depth);
      case 'symbol':
        return this.replace('symbol', `Symbol(${brief(value.description ?? '')})`, depth);
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

  private bigint(value: bigint, depth: number): string {
    if (!isHuge(value)) return this.text(value.toString(), depth);
    const digits = digitsOf(value);
    const isWritten =
      this.hugeDigits + digits <= MAX_HUGE_DIGITS && this.textLength + digits <= this.limits.maxTextLength;
    if (!isWritten) return this.replace('too-long', `[Left out: about ${String(digits)} digits]`, depth);
    this.hugeDigits += digits;
    return this.text(value.toString(), depth);
  }

  private object(value: object, depth: number): unknown {
    if (depth >= this.limits.maxDepth) return this.replace('too-deep', '[Left out: too deep]', depth);
    if (this.ancestors.includes(value)) return this.replace('circular', '[Circular]', depth);
    this.ancestors.push(value);
    const result = this.anyObject(value, depth);
    // Only reached if nothing threw. After a throw, `fields` or `items` of an outer object shortens
    // the list.
    this.ancestors.pop();
    return result;
  }

  /**
   * Brings an object of any kind to normal form.
   * @param asks whether to call a toJSON
   */
  private anyObject(value: object, depth: number, asks = true): unknown {
    if (Array.isArray(value)) return this.items(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return this.instance(value, depth, asks);
    return asks && hasToJson(value) ? this.json(value, depth) : this.fields(value, depth);
  }

  /**
   * Brings the items of a list to normal form.
   * @param length total number of items, of which `items` may hold only as many as the limits allow
   */
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

  /**
   * Brings the own fields of an object to normal form.
   * @param count total number of fields, of which `value` may hold only as many as the limits allow
   */
  private fields(value: object, depth: number, count?: number, unfit = 0): EventFields {
    const copy: EventFields = {};
    this.copyFields(value, copy, depth, count, undefined, unfit);
    return copy;
  }

  /**
   * Copies the own fields of an object to `copy`, in normal form.
   * @param known fields that were copied before
   * @param unfit number of long keys that were left out before
   */
  private copyFields(value: object, copy: EventFields, depth: number, count?: number, known?: object, unfit = 0): void {
    const open = this.ancestors.length;
    const isProxy = types.isProxy(value);
    // Object.keys on a proxy calls a trap for every key before the first key can be read.
    const keys = isProxy ? Reflect.ownKeys(value) : (this.listed?.get(value) ?? Object.keys(value));
    const length = count ?? keys.length;
    for (let at = 0; at < length; at++) {
      const key = keys[at] as string;
      if (this.nodes >= this.limits.maxNodes) {
        copy['[Left out]'] = this.replace('too-many', `${countOf(length - at)} more keys`, depth);
        break;
      }
      if (known !== undefined && key in known) continue;
      // A short key is always kept. Otherwise numbers after a long string would be lost with their
      // keys.
      if (key.length > LONG_KEY && this.textLength + key.length > this.limits.maxTextLength) {
        this.nodes++;
        unfit++;
        continue;
      }
      this.textLength += key.length;
      let field: unknown;
      try {
        if (isProxy && isHidden(value, key)) {
          this.nodes++; // the check calls code of the application
          continue;
        }
        const given = (value as EventFields)[key];
        if (typeof given === 'string' && this.textLength + given.length <= this.limits.maxTextLength) {
          // Most fields of most events take this path. Recording the key, which is only needed to
          // name a replaced value, would cost more than the copy.
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

  /** Handles every object that is neither a plain object nor an array. */
  private instance(value: object, depth: number, asks: boolean): unknown {
    if (value instanceof Date || types.isDate(value)) return this.date(value, depth);
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return this.binary(value, depth);
    if (isBsonNumber(value)) return this.text(bsonText(value), depth);
    if (asks && hasToJson(value)) return this.json(value, depth);
    if (types.isMap(value)) return this.map(value, depth);
    if (types.isSet(value)) return this.items(this.take(Set.prototype.values.call(value)), depth, sizeOf(value));
    if (value instanceof Error || types.isNativeError(value)) return this.error(value, depth);
    if (types.isBoxedPrimitive(value)) return this.value(unbox(value), depth);
    if (types.isRegExp(value) || value instanceof URLSearchParams) return this.text(String(value), depth);
    if (isOpaque(value)) return this.replace('opaque', `[${classOf(value)}]`, depth);
    return this.fields(value, depth);
  }

  private json(value: object, depth: number): unknown {
    const json = (value as { toJSON(key: string): unknown }).toJSON('');
    // No other code handles the promise of an async toJSON, and its rejection would end the
    // process.
    if (types.isPromise(json)) json.then(undefined, () => undefined);
    // As in JSON.stringify, toJSON of the result is not called: a toJSON that returns itself, or
    // another object with a toJSON, must not recurse.
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
    // The limit is checked before encoding: the text of a buffer of any size must not be made only
    // to be dropped.
    if (this.textLength + Math.ceil(bytes.byteLength / 3) * 4 > this.limits.maxTextLength) {
      return this.replace('too-long', `[Left out: ${String(bytes.byteLength)} bytes]`, depth);
    }
    return this.text(bytes.toString('base64'), depth);
  }

  /**
   * A Map whose keys have distinct strings becomes an object, any other Map an array of its
   * entries: `new Map([[1, 'a'], ['1', 'b']])` must not lose an entry.
   */
  private map(map: ReadonlyMap<unknown, unknown>, depth: number): unknown {
    const entries = this.take(Map.prototype.entries.call(map));
    const fields = Object.create(null) as EventFields;
    let [count, unfit, length] = [0, 0, this.textLength];
    for (const [key, value] of entries) {
      if (typeof key === 'string' && key.length > LONG_KEY && length + key.length > this.limits.maxTextLength) {
        // Such a key must not become a key of an object: V8 compares keys of the same length beyond
        // 16,383 characters with each other.
        unfit++;
        continue;
      }
      if (typeof key === 'object' ? key !== null : typeof key === 'function' || typeof key === 'symbol') break;
      const text = String(key);
      if (text in fields) break;
      length += text.length;
      fields[text] = value;
      count++;
    }
    const size = sizeOf(map);
    if (count + unfit < entries.length) return this.items(entries, depth, size);
    this.nodes += unfit;
    return this.fields(fields, depth, size - unfit, unfit);
  }

  /**
   * Takes as many values as the node limit still allows, so that millions are not copied only to be
   * dropped.
   * @param values a built-in iterator; the iterator of a subclass may have no end
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

  path(): string {
    return keyPath(this.keys.slice(0, this.replacedDepth));
  }

  private replace<T>(kind: ReplacedKind, replacement: T, depth: number): T {
    this.replacedDepth = depth;
    this.onReplaced(kind, this);
    return replacement;
  }
}

/** Keys up to this length are always kept, because they name values. */
const LONG_KEY = 100;

/**
 * Maximum decimal digits of all huge bigints in one value. Formatting takes quadratic time: 2 ms
 * for this many.
 */
const MAX_HUGE_DIGITS = 20_000;

function countOf(keys: number): string {
  return keys > MAX_COUNTED_KEYS ? `more than ${MAX_COUNTED_KEYS}` : String(keys);
}
