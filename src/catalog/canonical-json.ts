import { createHash } from 'node:crypto';

/**
 * Serializes a value to JSON with keys sorted by code units, so that equal values yield equal JSON.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    const sorted: [string, unknown][] = Object.entries(each).sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    return Object.fromEntries(sorted);
  });
}

/** Returns the first 16 hexadecimal digits of the SHA-256 of the canonical JSON. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);
}
