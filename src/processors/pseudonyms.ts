import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { showKind } from '../common/tracking-config.exception';
import type { OptionFaults } from './option-faults';

/** The keys of a hash, by their ids: the current one makes new texts, the others are those that old texts were made with. */
export interface HashKeys {
  /** Secrets of 16 characters or more by id; an id is of letters, digits, `_`, `.` and `-`. */
  readonly keys: Readonly<Record<string, string>>;
  /** The id of the key that is used now. */
  readonly current: string;
}

const MIN_SECRET_LENGTH = 16;
const ID = /^[A-Za-z0-9_.-]+$/;
const EXAMPLE =
  "hash: { keys: { k1: config.getOrThrow('HASH_KEY') }, current: 'k1' }, with a key from: openssl rand -hex 32";

/**
 * Texts that stand for values: the same for the same value, and nobody without the key can tell which value or try them all
 * out (HMAC-SHA-256, RFC 2104). Each begins with the id of its key, so that texts from before a rotation are known as such.
 */
export class Pseudonyms {
  private readonly secrets: readonly (readonly [id: string, secret: KeyObject])[];

  /** @param hash without faults */
  constructor({ keys, current }: HashKeys) {
    const ids = [current, ...Object.keys(keys).filter((id) => id !== current)];
    this.secrets = ids.map((id) => [id, createSecretKey(keys[id] ?? '', 'utf8')]);
  }

  /** The text for a value by the current key. Of a text its UTF-8 is hashed, of all else its JSON: 5 and '5' are the same. */
  of(value: unknown): string {
    return this.all(value, 1).join();
  }

  /** The text of a value that is hashed: that of a string is the string itself, that of all else is its JSON. */
  textOf(value: unknown): string {
    if (typeof value === 'string') return value;
    return value instanceof Date ? value.toJSON() : JSON.stringify(value);
  }

  /** The texts for a value by each key, the current one first. */
  all(value: unknown, count = this.secrets.length): string[] {
    const text = this.textOf(value);
    return this.secrets
      .slice(0, count)
      .map(([id, secret]) => `${id}:${createHmac('sha256', secret).update(text).digest('hex')}`);
  }
}

/**
 * Undefined if there are faults. A secret and its id are exchanged easily, so no string is shown, but ids that are too short to be
 * a secret.
 */
export function readHash(hash: unknown, faults: OptionFaults): Pseudonyms | undefined {
  const { keys, current } = (hash ?? {}) as { readonly keys?: unknown; readonly current?: unknown };
  if (typeof keys !== 'object' || keys === null) {
    faults.add(`hash.keys is ${showKind(keys)}, not an object of secrets by id.`, EXAMPLE);
    return undefined;
  }
  const found = Object.entries(keys).flatMap(([id, secret], at) => faultOf(id, secret, at) ?? []);
  const isCurrentThere = typeof current === 'string' && Object.hasOwn(keys, current);
  if (!isCurrentThere) {
    const ids = Object.keys(keys).map(showId);
    found.push(
      `hash.current is ${showId(current)}, but hash.keys has ${ids.length === 0 ? 'none' : `only ${ids.join(', ')}`}.`,
    );
  }
  for (const what of found) faults.add(what, EXAMPLE);
  return found.length === 0 ? new Pseudonyms(hash as HashKeys) : undefined;
}

/** @param at the position of the key, which is named by it where its id may be the secret */
function faultOf(id: string, secret: unknown, at: number): string | undefined {
  const place = isShortId(id) ? `hash.keys.${id}` : `hash.keys, entry ${String(at + 1)},`;
  if (!ID.test(id)) {
    return `hash.keys, entry ${String(at + 1)}, has an id with other characters than letters, digits, "_", "." and "-".`;
  }
  if (typeof secret !== 'string') return `${place} is ${showKind(secret)}, not a string.`;
  if (secret.length >= MIN_SECRET_LENGTH) return undefined;
  return `${place} has ${String(secret.length)} characters; with fewer than ${String(MIN_SECRET_LENGTH)} it is found by trying.`;
}

function isShortId(id: unknown): id is string {
  return typeof id === 'string' && /^[A-Za-z0-9_.-]{1,4}$/.test(id);
}

function showId(id: unknown): string {
  return isShortId(id) ? JSON.stringify(id) : showKind(id);
}
