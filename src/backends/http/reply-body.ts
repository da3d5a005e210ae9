/** The body of a reply: collected up to a bound, and decoded where the server compressed it without being asked to. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';

/** A reply is read to its end for the sake of its connection; one beyond this is not worth it, nor the memory to hold it. */
export const MAX_REPLY_BYTES = 8_388_608;
/** Nobody nests more codings; each costs a pass over the body. */
const MAX_CODINGS = 3;

/** How an exchange ended of which the status line came back. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty unless it was asked for, or the reply says that it is HTML. */
  readonly body: Buffer;
  /** Why the rest of the reply is not there. */
  readonly cut: 'broken' | 'too-long' | undefined;
}

/** Reads a reply to its end. @param keepsBody whether its body is of interest whatever it is */
export function readReply(response: IncomingMessage, keepsBody: boolean, done: (answer: Answer) => void): void {
  const { statusCode: status = 0, headers } = response;
  const isKept = keepsBody || isHtmlType(headers);
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_REPLY_BYTES) response.destroy();
    else if (isKept) chunks.push(chunk);
  });
  response.on('error', () => undefined); // 'close' follows, and `complete` says the same
  response.once('close', () => {
    const cut = bytes > MAX_REPLY_BYTES ? 'too-long' : response.complete ? undefined : 'broken';
    done({ status, headers, body: Buffer.concat(chunks), cut });
  });
}

export class UnreadableReply extends Error {}

/** @throws UnreadableReply if it cannot be decoded, or has more than MAX_REPLY_BYTES when it is */
export async function decodedText({ headers, body }: Answer): Promise<string> {
  const codings = (headers['content-encoding'] ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MAX_CODINGS) throw new UnreadableReply('the reply has too many content codings');
  let decoded = body;
  for (const coding of codings.reverse()) decoded = await decode(coding, decoded);
  return decoded.toString();
}

/** True for a page rather than the word or two that many frameworks send as text/html. */
export function isHtmlPage(headers: IncomingHttpHeaders, text: string): boolean {
  return isHtmlType(headers) && /^[\s\uFEFF]*</.test(text);
}

function isHtmlType(headers: IncomingHttpHeaders): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(headers['content-type'] ?? '');
}

async function decode(coding: string, bytes: Buffer): Promise<Buffer> {
  if (bytes.length === 0) return bytes;
  const options: ZlibOptions = { maxOutputLength: MAX_REPLY_BYTES };
  try {
    switch (coding) {
      case 'gzip':
      case 'x-gzip':
        return await promisify<Buffer, ZlibOptions, Buffer>(gunzip)(bytes, options);
      case 'br':
        return await promisify<Buffer, ZlibOptions, Buffer>(brotliDecompress)(bytes, options);
      case 'deflate': {
        // Of zlib's format by RFC 9110, 8.4.1.2; some servers leave its frame out. The frame begins with 8 in the low bits.
        const isFramed = ((bytes[0] ?? 0) & 0x0f) === 8;
        return await promisify<Buffer, ZlibOptions, Buffer>(isFramed ? inflate : inflateRaw)(bytes, options);
      }
      default:
        throw new UnreadableReply('the reply has an unknown content coding');
    }
  } catch (error) {
    if (error instanceof UnreadableReply) throw error;
    const isTooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new UnreadableReply(
      isTooLong ? `the reply has more than ${String(MAX_REPLY_BYTES)} bytes` : 'the reply cannot be decompressed',
      { cause: error },
    );
  }
}
