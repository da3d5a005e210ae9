/**
 * A name may hold anything: a slash would leave the folder, `Play` and `play` are one file where the disk does not tell case
 * apart, and `con` cannot be a file at all on Windows. So a name that is not plain is told by a part of its hash; its key
 * depends on no other name, and a page keeps its address whatever is added beside it.
 */
import { createHash } from 'node:crypto';

const PLAIN = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9_])?$/;
/** What stands between the readable part and the hash, and in no plain name: no plain name can be taken for another's key. */
const MARK = '--';
const MAX_LENGTH = 100;
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d|index|readme|asyncapi)(?:\.|$)/;

/** The name of a file, without its ending, and of an anchor: of letters, digits, dots, hyphens and underscores. */
export function fileKey(name: string): string {
  const isPlain = PLAIN.test(name) && name.length <= MAX_LENGTH && !name.includes(MARK) && !RESERVED.test(name);
  if (isPlain) return name;
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .slice(0, MAX_LENGTH / 2)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  // As JSON: halves of a surrogate pair, which UTF-8 has no bytes for, would all have one hash.
  const hash = createHash('sha256').update(JSON.stringify(name)).digest('hex').slice(0, 12);
  return `${readable === '' ? 'event' : readable}${MARK}${hash}`;
}
