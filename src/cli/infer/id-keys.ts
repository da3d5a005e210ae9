const IDS: readonly RegExp[] = [
  /^\d+$/,
  /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i, // a UUID
  /\d{5}/,
  /^\d{4}-\d\d-\d\d/,
  /@|:\/\//,
  /^(?:block|course|asset|library|lib)-v1:|^i4x[:-]/, // usage keys of Open edX
];
const HEXADECIMAL = /[\da-f]{12,}/gi;

/**
 * Returns true if a key is probably an id and not a field name. Takes time linear in its length,
 * because logs contain any keys.
 */
export function isIdKey(key: string): boolean {
  return IDS.some((id) => id.test(key)) || (key.match(HEXADECIMAL) ?? []).some((run) => /\d/.test(run));
}
