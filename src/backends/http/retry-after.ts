/** A Date stops being one beyond it. */
const MAX_MS = 8.64e15;

/**
 * How long to wait by a Retry-After header (RFC 9110, 10.2.3): seconds, or a date in any of the three forms of 5.6.7. A date is
 * compared with the server's own clock, where it says what time it is: ours may be wrong.
 * @param date the Date header of the same reply
 * @returns undefined for what is neither
 */
export function retryAfterMs(retryAfter: string | undefined, date: string | undefined): number | undefined {
  const text = retryAfter?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, MAX_MS);
  const until = httpDate(text);
  return until === undefined ? undefined : Math.max(0, until - (httpDate(date) ?? Date.now()));
}

/** Epoch milliseconds. */
function httpDate(text = ''): number | undefined {
  if (!/^[A-Z][a-z]{2,8}[, ]/.test(text)) return undefined; // a day of the week: Date.parse takes much else for a date
  // The form of asctime has no zone, and would be read in ours.
  const time = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
