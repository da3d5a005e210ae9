const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A point in time as LoggerBackend and the reference write it (RFC 3339): `2026-11-01T12:00:00.000Z`, `2026-11-01T12:00:00+00:00`. */
export function isDateTime(text: string): boolean {
  // The length first: nearly all texts are told by it.
  if (text.length < 20 || text.length > 40) return false;
  const found = DATE_TIME.exec(text);
  if (found === null) return false;
  const [, year, month, day] = found;
  // Date takes the 31st of February for the 3rd of March, and no schema does.
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
