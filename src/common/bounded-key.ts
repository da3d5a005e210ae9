import { hash } from 'node:crypto';

const LONG_KEY = 200;

/**
 * A key for a Map or Set that users can name: as it is up to 200 characters, else its SHA-256. A bound on the number of keys
 * alone bounds no memory; and V8 hashes texts beyond 16,383 characters by their length, so that looking one up among others of
 * its length compares it with each of them.
 */
export function boundedKey(text: string): string {
  return text.length > LONG_KEY ? hash('sha256', text, 'base64') : text;
}
