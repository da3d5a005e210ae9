import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';
import type { SendFailure } from '../../delivery/destination';
import { retryAfterMs } from './retry-after';
import { shownUrl } from './shown-url';

/** About the events themselves: the same batch would get the same answer (RFC 9110, 15.5.1, 15.5.10, 15.5.14, 15.5.15, 15.5.21). */
const FINAL = new Set([400, 409, 413, 414, 422]);
/** The server's own trouble, which passes; as do all from 500 up (RFC 9110, 15.5.9, 15.5.20; RFC 8470, 5.2; RFC 6585, 4). */
const PASSING = new Set([408, 421, 423, 424, 425, 429]);

/** What has to be fixed on this side. Meanwhile nothing may be lost, so all of these are tried again. */
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
 * What a status means for a batch.
 * @param place the url, as it may be shown
 * @returns undefined if the events were taken
 */
export function statusFailure(status: number, headers: IncomingHttpHeaders, place: string): SendFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  const name = STATUS_CODES[status] ?? 'an unknown status';
  const said = `${place} answered ${String(status)} (${name})`;
  if (FINAL.has(status)) return { reason: said, retryable: false };
  const wait = retryAfterMs(headers['retry-after'], headers.date);
  if (status >= 500 || PASSING.has(status)) return { reason: said, retryable: true, retryAfterMs: wait };
  return { reason: `${said}: ${mendFor(status, headers)}`, retryable: true, retryAfterMs: wait };
}

function mendFor(status: number, { location }: IncomingHttpHeaders): string {
  if (status < 200 || status >= 400) return FIXES[status] ?? 'check the url and `headers`';
  // Followed, a redirect could carry the events and the credentials to anybody; and a 303 would make a GET of it.
  return location === undefined
    ? 'check the url'
    : `redirects are not followed; give the new url, ${shownUrl(location)}`;
}
