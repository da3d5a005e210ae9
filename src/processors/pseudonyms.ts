import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { OptionPlace } from '../common/option-place';
import { showKind } from '../common/show-value';
import { isObject } from '../common/value-kinds';

/**
 * Keys of a hash by id. The current key creates new hashes; the others identify hashes that older
 * keys created.
 */
export interface HashKeys {
  /**
   * Secrets of 16 characters or more by id. An id consists of letters, digits, `_`, `.` and `-`.
   */
  readonly keys: Readonly<Record<string, string>>;
  /** Id of the key that creates new hashes. */
  readonly current: string;
}

const MIN_SECRET_LENGTH = 16;
const ID = /^[A-Za-z0-9_.-]+$/;
const EXAMPLE =
  "hash: { keys: { k1: config.getOrThrow('HASH_KEY') }, current: 'k1' }, with a key from: openssl rand -hex 32";

/**
 * Creates pseudonyms of values.
 * Equal values have equal pseudonyms. Without the key, no one can find the value, not even by
 * trying all values (HMAC-SHA-256, RFC 2104). Each pseudonym begins with the id of its key, so that
 * pseudonyms from before a key rotation can be recognized.
 */
export class Pseudonyms {
  private readonly secrets: readonly (readonly [id: string, secret: KeyObject])[];

  /** @param hash keys that have passed validation */
  constructor({ keys, current }: HashKeys) {
    const ids = [current, ...Object.keys(keys).filter((id) => id !== current)];
    this.secrets = ids.map((id) => [id, createSecretKey(keys[id] ?? '', 'utf8')]);
  }

  /**
   * Returns the pseudonym of a value with the current key. Strings are hashed as UTF-8, all other
   * values as JSON: 5 and '5' are equal.
   */
  of(value: unknown): string {
    return this.all(value, 1).join();
  }

  /**
   * Returns the string that is hashed for a value: a string itself, and the JSON of any other
   * value.
   */
  textOf(value: unknown): string {
    if (typeof value === 'string') return value;
    return value instanceof Date ? value.toJSON() : JSON.stringify(value);
  }

  /** Returns the pseudonyms of a value with each key, the current key first. */
  all(value: unknown, count = this.secrets.length): string[] {
    const text = this.textOf(value);
    return this.secrets
      .slice(0, count)
      .map(([id, secret]) => `${id}:${createHmac('sha256', secret).update(text).digest('hex')}`);
  }
}

/**
 * Reads the keys; undefined if they have errors. Errors show no strings, since a secret and its id
 * are easily swapped. Only ids too short to be a secret are shown.
 */
export function readHash(hash: unknown, place: OptionPlace): Pseudonyms | undefined {
  const { keys, current }: Readonly<Record<string, unknown>> = isObject(hash) ? hash : {};
  const inKeys = place.inside('keys', EXAMPLE);
  if (!isObject(keys)) {
    inKeys.reject(showKind(keys), 'an object of secrets by id');
    return undefined;
  }
  let isValid = true;
  for (const [at, [id, secret]] of Object.entries(keys).entries())
    isValid = checkKey(id, secret, at, inKeys) && isValid;
  if (typeof current === 'string' && Object.hasOwn(keys, current))
    return isValid ? new Pseudonyms(hash as HashKeys) : undefined;
  const ids = Object.keys(keys).map(showId);
  place.inside('current', EXAMPLE).reject(showId(current), ids.length === 0 ? 'the id of a key' : ids.join(' or '));
  return undefined;
}

/**
 * Checks one key.
 * @param at position of the key, shown instead of the id if the id may be the secret
 */
function checkKey(id: string, secret: unknown, at: number, keys: OptionPlace): boolean {
  const entry = `[${String(at)}]`;
  if (!ID.test(id)) {
    keys.inside(entry).add('has an id with characters other than letters, digits, "_", "." and "-".');
    return false;
  }
  const place = keys.inside(isShortId(id) ? id : entry);
  if (typeof secret !== 'string') {
    place.reject(showKind(secret), 'a string');
    return false;
  }
  if (secret.length >= MIN_SECRET_LENGTH) return true;
  place.add(
    `has ${String(secret.length)} characters; a key with fewer than ${String(MIN_SECRET_LENGTH)} can be guessed.`,
  );
  return false;
}

function isShortId(id: unknown): id is string {
  return typeof id === 'string' && /^[A-Za-z0-9_.-]{1,4}$/.test(id);
}

function showId(id: unknown): string {
  return isShortId(id) ? JSON.stringify(id) : showKind(id);
}
