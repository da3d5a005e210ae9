import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';
import type { BatchFailure } from '../../delivery/destination';
import { retryAfterMs } from './retry-after';
import { shownUrl } from './shown-url';

/**
 * Statuses that concern the events themselves: the same batch would get the same answer (RFC 9110,
 * 15.5.1, 15.5.10, 15.5.14, 15.5.15, 15.5.21).
 */
const FINAL = new Set([400, 409, 413, 414, 422]);
/**
 * Statuses of temporary server problems, in addition to all from 500 up (RFC 9110, 15.5.9, 15.5.20;
 * RFC 8470, 5.2; RFC 6585, 4).
 */
const PASSING = new Set([408, 421, 423, 424, 425, 429]);

/**
 * Fixes for problems on the client's side. These statuses are retried, so that no event is lost
 * until the fix.
 */
const FIXES: Readonly<Record<number, string>> = {
  401: 'check the credentials in `headers` or in the url',
  403: 'check what these credentials may do',
  404: 'check the path of the url',
  405: 'check `method`',
  407: 'check the credentials for the proxy in `agent`',
  415: 'check `format`, the content type in `headers`, and whether the server takes `gzip`',
  431: 'send less in `headers`',
};

/**
 * Interprets a status for a batch.
 * @param place URL without secrets
 * @returns the failure; undefined if the events were accepted
 */
export function statusFailure(status: number, headers: IncomingHttpHeaders, place: string): BatchFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  const name = STATUS_CODES[status] ?? 'an unknown status';
  const said = `${place} answered ${String(status)} (${name})`;
  if (FINAL.has(status)) return { reason: said, retryable: false };
  const wait = retryAfterMs(headers['retry-after'], headers.date);
  if (status >= 500 || PASSING.has(status)) return { reason: said, retryable: true, retryAfterMs: wait };
  return { reason: `${said}: ${statusFix(status, headers)}`, retryable: true, retryAfterMs: wait };
}

function statusFix(status: number, { location }: IncomingHttpHeaders): string {
  if (status < 200 || status >= 400) return FIXES[status] ?? 'check the url and `headers`';
  // Redirects are not followed: they could send events and credentials to an unknown server, and a
  // 303 would become a GET.
  return location === undefined
    ? 'check the url'
    : `redirects are not followed; give the new url, ${shownUrl(location)}`;
}
