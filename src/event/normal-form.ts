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
import { bytesOf, errorFields, firstOf, LONG_KEY, mapFields } from './object-parts';
import {
  digitsOf,
  hasToJson,
  bsonText,
  isBsonNumber,
  isHuge,
  keyPath,
  proxyKeys,
  shownField,
  sizeOf,
  unbox,
} from './value-parts';

export { describeError } from '../common/describe-error';
export { copyNormalForm, estimateLength, hasDates, isSameForm, setField, setFields } from './form-copies';
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
    // After a throw, `fields` or `items` of an outer object shortens the list.
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
    const keys = isProxy ? proxyKeys(value) : (this.listed?.get(value) ?? Object.keys(value));
    const length = count ?? keys.length;
    for (let at = 0; at < length; at++) {
      const key = keys[at] as string;
      if (this.nodes >= this.limits.maxNodes) {
        copy['[Left out]'] = this.replace('too-many', `${countOf(length - at)} more keys`, depth);
        break;
      }
      if (known !== undefined && key in known) continue;
      // A short key is always kept, or numbers after a long string would be lost with it.
      if (key.length > LONG_KEY && this.textLength + key.length > this.limits.maxTextLength) {
        this.nodes++;
        unfit++;
        continue;
      }
      this.textLength += key.length;
      let field: unknown;
      try {
        const given = isProxy ? shownField(value, key) : (value as EventFields)[key];
        if (typeof given === 'string' && this.textLength + given.length <= this.limits.maxTextLength) {
          // Most fields of most events. Recording the key would cost more than the copy.
          this.nodes++;
          this.textLength += given.length;
          field = given;
        } else {
          this.keys[depth] = key;
          field = this.value(given, depth + 1);
        }
      } catch (error) {
        field = this.unreadableField(error, key, depth, open);
      }
      if (field !== undefined) setField(copy, key, field);
    }
    if (unfit > 0) copy['[Left out: long keys]'] = this.replace('too-long', unfit, depth);
  }

  /** Replaces the value of a key whose walk threw. @param open number of objects being walked */
  private unreadableField(error: unknown, key: string, depth: number, open: number): string {
    this.keys[depth] = key;
    this.ancestors.length = open;
    return this.unreadable(error, depth + 1);
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
    // Nothing else handles the promise of an async toJSON: its rejection would end the process.
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
    const bytes = bytesOf(value);
    if (bytes === undefined) return this.items(value as unknown as readonly unknown[], depth);
    // Checked before encoding: a large text must not be made only to be dropped.
    if (this.textLength + Math.ceil(bytes.byteLength / 3) * 4 > this.limits.maxTextLength) {
      return this.replace('too-long', `[Left out: ${String(bytes.byteLength)} bytes]`, depth);
    }
    return this.text(bytes.toString('base64'), depth);
  }

  private map(map: ReadonlyMap<unknown, unknown>, depth: number): unknown {
    const size = sizeOf(map);
    const entries = this.take(Map.prototype.entries.call(map));
    const parts = mapFields(entries, this.limits.maxTextLength - this.textLength);
    if (parts === undefined) return this.items(entries, depth, size);
    this.nodes += parts.unfit;
    return this.fields(parts.fields, depth, size - parts.unfit, parts.unfit);
  }

  /**
   * Takes as many values as the node limit still allows, so that millions are not copied only to be
   * dropped.
   */
  private take<T>(values: IterableIterator<T>): T[] {
    return firstOf(values, this.limits.maxNodes - this.nodes);
  }

  private error(error: Error, depth: number): EventFields {
    const copy: EventFields = {};
    const hidden = errorFields(error);
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

/**
 * Maximum decimal digits of all huge bigints in one value. Formatting takes quadratic time: 2 ms
 * for this many.
 */
const MAX_HUGE_DIGITS = 20_000;

function countOf(keys: number): string {
  return keys > MAX_COUNTED_KEYS ? `more than ${MAX_COUNTED_KEYS}` : String(keys);
}
