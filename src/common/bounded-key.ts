import { hash } from 'node:crypto';

const LONG_KEY = 200;

/**
 * Returns a key of bounded length for a Map or Set whose keys come from user input: the string
 * itself up to 200 characters, otherwise its SHA-256. Limiting only the number of keys does not
 * limit memory. In addition, V8 hashes strings longer than 16,383 characters by their length, so a
 * lookup would compare the string with every other one of the same length.
 */
export function boundedKey(text: string): string {
  return text.length > LONG_KEY ? hash('sha256', text, 'base64') : text;
}
