const IDS: readonly RegExp[] = [
  /^\d+$/,
  /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i, // a UUID
  /\d{5}/,
  /^\d{4}-\d\d-\d\d/,
  /@|:\/\//,
  /^(?:block|course|asset|library|lib)-v1:|^i4x[:-]/, // usage keys of Open edX
];
const HEXADECIMAL = /[\da-f]{12,}/gi;

/** Whether a key is rather the id of something than the name of a field. Takes time linear in its length: logs have any keys. */
export function isIdKey(key: string): boolean {
  return IDS.some((id) => id.test(key)) || (key.match(HEXADECIMAL) ?? []).some((run) => /\d/.test(run));
}
