/**
 * Creates file names for event names.
 * A name may contain anything: a slash would leave the folder, `Play` and `play` are one file on a
 * case-insensitive disk, and `con` is not a valid file on Windows. So the key of any other than a
 * plain name contains a part of its hash. The key does not depend on other names, and a page keeps
 * its address when others are added.
 */
import { createHash } from 'node:crypto';

const PLAIN = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9_])?$/;
/**
 * Separates the readable part from the hash. No plain name contains it, so that no plain name
 * equals the key of another.
 */
const MARK = '--';
const MAX_LENGTH = 100;
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|index|readme|asyncapi)(?:\.|$)/;

/**
 * Returns the name of a file without its extension, which is also an anchor. It consists of
 * letters, digits, dots, hyphens and underscores.
 */
export function fileKey(name: string): string {
  const isPlain = PLAIN.test(name) && name.length <= MAX_LENGTH && !name.includes(MARK) && !RESERVED.test(name);
  if (isPlain) return name;
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .slice(0, MAX_LENGTH / 2)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  // As JSON: lone surrogates have no UTF-8 bytes, and would all have one hash.
  const hash = createHash('sha256').update(JSON.stringify(name)).digest('hex').slice(0, 12);
  return `${readable === '' ? 'event' : readable}${MARK}${hash}`;
}
