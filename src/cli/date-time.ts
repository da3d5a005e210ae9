const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Returns true for a date and time as LoggerBackend and the reference write it (RFC 3339):
 * `2026-11-01T12:00:00.000Z`, `2026-11-01T12:00:00+00:00`.
 */
export function isDateTime(text: string): boolean {
  // The length comes first: it rejects nearly all strings.
  if (text.length < 20 || text.length > 40) return false;
  const found = DATE_TIME.exec(text);
  if (found === null) return false;
  const [, year, month, day] = found;
  // Date turns February 31 into March 3, which no schema accepts.
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
