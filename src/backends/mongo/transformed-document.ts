/**
 * Validates and copies the document that `transform` returns for an event.
 *
 * The driver does not always reject a value that MongoDB cannot hold: it stores a promise, a Set or
 * an error as `{}`, an invalid date as 1970, and an integer beyond 64 bits as another number.
 * Events in normal form contain no such value, but the result of `transform` may, and an event that
 * lost its content would count as delivered. So the document is copied in one walk that reads each
 * field once, keeps values that MongoDB can store, and rejects the rest. See docs/decisions/0150.
 */
import { types } from 'node:util';
import { isOpaque } from '../../event/opaque-values';
import type { IdentifiedEvent } from '../../event/tracking-event';
import { isPromise } from '../../common/async-result';
import { RefusedDocument, type EventDocument } from './event-document';

export const ASYNC_TRANSFORM = 'transform returned a promise, which is not awaited';

/** Calls `transform` for one event. Never throws. */
export function transformedDocument(
  event: IdentifiedEvent,
  transform: (event: IdentifiedEvent) => unknown,
): EventDocument | RefusedDocument {
  try {
    const made = transform(event);
    if (isPromise(made)) {
      // An unhandled rejection would end the process. Other thenables are not touched: `then` runs
      // the query of a query builder.
      if (types.isPromise(made)) made.catch(() => undefined);
      return new RefusedDocument(ASYNC_TRANSFORM);
    }
    const { _id, ...fields } = new DocumentCopy().root(made);
    if (Object.keys(fields).length === 0) return new RefusedDocument('transform returned an object without fields');
    return { ...fields, _id: event.id };
  } catch (error) {
    if (error instanceof UnstorableValue) return new RefusedDocument(error.message);
    // Leaves out the message, which may contain a value of the event.
    return new RefusedDocument(`transform failed (${error instanceof Error ? error.name : typeof error})`);
  }
}

/**
 * Limit:
 * https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Nested-Depth-for-BSON-Documents
 */
const MAX_LEVELS = 100;
/**
 * Limit: https://www.mongodb.com/docs/manual/reference/limits/ It also ends a walk that would never
 * end, through objects that share parts.
 */
const MAX_BYTES = 16_777_216;

/** Thrown for a value that cannot be stored. The message never contains a value of the event. */
class UnstorableValue extends Error {}

class DocumentCopy {
  /** Objects that contain the one that is being copied. */
  private readonly around = new Set<object>();
  private bytes = 0;

  /** Copies the whole document. @throws UnstorableValue */
  root(made: unknown): Record<string, unknown> {
    const document = ownForm(made);
    if (typeof document !== 'object' || document === null || Array.isArray(document) || !isDocument(document))
      throw new UnstorableValue(`transform returned ${kindOf(made)}, not an object with fields`);
    return this.fields(document, 1);
  }

  private value(given: unknown, level: number): unknown {
    const value = ownForm(given);
    if (typeof value === 'string') this.count(value.length);
    if (typeof value === 'bigint') return integer(value);
    if (typeof value !== 'object' || value === null) return value;
    if (isPromise(value)) {
      if (types.isPromise(value)) value.catch(() => undefined);
      throw new UnstorableValue('a value is a promise, which is not awaited');
    }
    if (types.isDate(value) && Number.isNaN(value.getTime())) throw new UnstorableValue('a date is invalid');
    if (isScalar(value)) return value;
    return this.nested(value, level);
  }

  private nested(value: object, level: number): unknown {
    this.count(3);
    if (level > MAX_LEVELS) throw new UnstorableValue(`it is nested deeper than ${String(MAX_LEVELS)} levels`);
    if (Array.isArray(value)) return this.list(value, level);
    if (isNumberArray(value)) return this.list(Array.from(value), level);
    if (types.isMap(value)) return this.fields(objectOf(value), level);
    if (!isDocument(value)) throw new UnstorableValue(`a value is ${kindOf(value)}, of which nothing would be stored`);
    return this.fields(value, level);
  }

  private list(items: readonly unknown[], level: number): unknown[] {
    return this.inside(items, () => items.map((item) => this.value(item, level + 1)));
  }

  private fields(value: object, level: number): Record<string, unknown> {
    return this.inside(value, () => {
      const copy: Record<string, unknown> = {};
      for (const key of Object.keys(value)) {
        const field = (value as Record<string, unknown>)[key];
        if (!isStored(field)) continue;
        this.count(key.length);
        const own = this.value(field, level + 1);
        if (key === '__proto__') Object.defineProperty(copy, key, { value: own, enumerable: true });
        else copy[key] = own;
      }
      return copy;
    });
  }

  /** Adds the minimum size of a value in BSON, and 2 bytes for its type and its end. */
  private count(bytes: number): void {
    this.bytes += 2 + bytes;
    if (this.bytes > MAX_BYTES) throw new UnstorableValue('it is larger than the 16 MB of a document');
  }

  private inside<T>(value: object, copy: () => T): T {
    if (this.around.has(value)) throw new UnstorableValue('a value contains itself');
    this.around.add(value);
    const copied = copy();
    this.around.delete(value);
    return copied;
  }
}

/**
 * Returns the storage form that an object defines: for example of a mongoose document, whose own
 * fields are internal.
 */
function ownForm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { toBSON } = value as { readonly toBSON?: unknown };
  return typeof toBSON === 'function' ? (toBSON.call(value) as unknown) : value;
}

function integer(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new UnstorableValue('an integer is beyond 64 bits');
  return value;
}

/**
 * True for types that BSON has. A BSON type inherits `_bsontype`; an own field of that name is data
 * for the encoder.
 */
function isScalar(value: object): boolean {
  return (
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isUint8Array(value) ||
    ('_bsontype' in value && !isPlain(value))
  );
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** True if the own fields of the object are its content. False for a Set, an error or a stream. */
function isDocument(value: object): boolean {
  if (isPlain(value)) return true;
  if (isOpaque(value) || isScalar(value) || ArrayBuffer.isView(value) || HOLDERS.some((isHolder) => isHolder(value)))
    return false;
  const fields = Object.values(Object.getOwnPropertyDescriptors(value)).filter(({ enumerable }) => enumerable);
  return fields.some((field) => field.get !== undefined || (field.value !== undefined && isStored(field.value)));
}

/** Tests for objects whose content is not in their fields. */
const HOLDERS: readonly ((value: unknown) => boolean)[] = [
  types.isMap,
  types.isSet,
  types.isNativeError,
  types.isAnyArrayBuffer,
  types.isBoxedPrimitive,
];

/** False for values that the driver leaves out. */
function isStored(value: unknown): boolean {
  return typeof value !== 'function' && typeof value !== 'symbol';
}

function isNumberArray(value: object): value is Iterable<unknown> & object {
  return types.isTypedArray(value) && !types.isUint8Array(value);
}

function objectOf(map: Map<unknown, unknown>): object {
  for (const key of map.keys())
    if (typeof key !== 'string') throw new UnstorableValue('a key of a Map is not a string');
  return Object.fromEntries(map as Map<string, unknown>);
}

/**
 * Describes the kind of a value. Names classes, which are code; never names fields, which may be
 * data.
 */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'a list';
  const name: unknown = isPlain(value) ? undefined : (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && /^[A-Za-z_$][\w$]{0,79}$/.test(name)
    ? `an object of the class ${name}`
    : 'an object';
}
