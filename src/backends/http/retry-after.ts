/** Largest time that a Date can hold, in milliseconds. */
const MAX_MS = 8.64e15;

/**
 * Parses a Retry-After header (RFC 9110, 10.2.3): seconds, or a date in any of the three forms of
 * 5.6.7. A date is compared with the server's clock if the reply has a Date header, because the
 * local clock may be wrong.
 * @param date the Date header of the same reply
 * @returns delay in milliseconds; undefined if the header has neither form
 */
export function retryAfterMs(retryAfter: string | undefined, date: string | undefined): number | undefined {
  const text = retryAfter?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, MAX_MS);
  const until = httpDate(text);
  return until === undefined ? undefined : Math.max(0, until - (httpDate(date) ?? Date.now()));
}

/** Parses an HTTP date. @returns epoch milliseconds; undefined if it is not a date */
function httpDate(text = ''): number | undefined {
  // Requires a weekday: Date.parse accepts many other strings.
  if (!/^[A-Z][a-z]{2,8}[, ]/.test(text)) return undefined;
  // The asctime form has no zone; Date.parse would read it in the local zone.
  const time = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
