/**
 * Reads the body of a reply up to a limit, and decodes it if the server compressed it without being
 * asked.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';

/**
 * Limit for a reply. A reply is read to its end to reuse its connection; a larger one is not worth
 * the time or the memory.
 */
export const MAX_REPLY_BYTES = 8_388_608;
/** Limit for content codings: real servers use fewer, and each costs a pass over the body. */
const MAX_CODINGS = 3;

/** Result of an exchange in which a status line was received. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Body of the reply; empty unless the caller asked for it or the reply is HTML. */
  readonly body: Buffer;
  /** Reason why the rest of the reply is missing; undefined if it is complete. */
  readonly cut: 'broken' | 'too-long' | undefined;
}

/** Reads a reply to its end. @param keepsBody true to keep the body whatever its type */
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
  // 'close' follows, and `complete` tells whether the reply was cut.
  response.on('error', () => undefined);
  response.once('close', () => {
    const cut = bytes > MAX_REPLY_BYTES ? 'too-long' : response.complete ? undefined : 'broken';
    done({ status, headers, body: Buffer.concat(chunks), cut });
  });
}

export class UnreadableReply extends Error {}

/**
 * Decodes the body.
 * @throws UnreadableReply if it cannot be decoded, or is larger than MAX_REPLY_BYTES when decoded
 */
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

/** True for an HTML page; false for the short plain text that many frameworks send as text/html. */
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
        // Has the zlib format by RFC 9110, 8.4.1.2, but some servers omit its header, which has 8
        // in the low bits.
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
