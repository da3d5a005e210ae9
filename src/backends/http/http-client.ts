/**
 * A batch whose reply is lost may have been taken, and one whose connection broke may not: only the status line tells. So every
 * way in which an exchange can end is told apart here, and whatever leaves the fate of the events open is retryable, under the
 * same ids. Nothing of an exchange is left behind: the reply is read to its end, or its socket is destroyed.
 *
 * Built on node:http and not on fetch or undici: docs/decisions/0042.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { promisify } from 'node:util';
import { gzip as gzipWithCallback } from 'node:zlib';
import { SendFailedException } from '../../delivery/destination';
import { decodedText, isHtmlPage, MAX_REPLY_BYTES, readReply, type Answer, type UnreadableReply } from './reply-body';
import { statusFailure } from './reply-status';
import { shownUrl } from './shown-url';

const gzip = promisify(gzipWithCallback);

/** Below it, gzip saves less than a packet. */
const MIN_GZIP_BYTES = 1024;

export interface HttpClientOptions {
  readonly url: string | URL;
  readonly method: string;
  readonly gzip: boolean;
  readonly keepAlive: boolean;
  /** True if a status 2xx with an HTML page takes the body too. */
  readonly acceptsHtml: boolean;
  /** In the place of our own; it is the application's to close. */
  readonly agent: http.Agent | undefined;
}

export interface HttpRequest {
  readonly body: string | Uint8Array;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the text of the reply is of interest. */
  readonly readsReply: boolean;
}

/** A connection that the server had closed while it was idle; the request met it on its way. */
class StaleConnection extends Error {}

/** Sends bodies to one address over connections that are kept open. */
export class HttpClient {
  /** The address, as it may be shown. */
  readonly place: string;
  private readonly target: http.RequestOptions;
  private readonly transport: typeof http | typeof https;
  private readonly ownAgent: http.Agent | undefined;
  private readonly credentials: Readonly<Record<string, string>>;

  constructor(private readonly options: HttpClientOptions) {
    const url = new URL(options.url);
    const { protocol, hostname, port, pathname, search } = url;
    this.place = shownUrl(url);
    this.transport = protocol === 'https:' ? https : http;
    // lifo: the connection used last is the least likely to have been closed by the server.
    const makeAgent = () => new this.transport.Agent({ keepAlive: options.keepAlive, scheduling: 'lifo' });
    this.ownAgent = options.agent === undefined ? makeAgent() : undefined;
    this.target = {
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ''), // of an IPv6 address
      port,
      path: pathname + search,
      method: options.method,
      agent: options.agent ?? this.ownAgent,
    };
    const credentials = [url.username, url.password].map(decodeURIComponent).join(':');
    this.credentials = credentials === ':' ? {} : { authorization: basicAuthorization(credentials) };
  }

  /**
   * Resolves with the text of the reply once the server has said that it took the body.
   * @throws SendFailedException for all else
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<string> {
    const plain = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
    const isZipped = this.options.gzip && plain.byteLength >= MIN_GZIP_BYTES;
    const body = isZipped ? await gzip(plain) : plain;
    const headers = {
      'user-agent': 'nestjs-event-tracking',
      'accept-encoding': 'identity', // without it, a server may choose any coding (RFC 9110, 12.5.3)
      ...this.credentials,
      ...request.headers,
      ...(isZipped && { 'content-encoding': 'gzip' }),
      'content-length': String(body.byteLength),
    };
    const answer = await this.answerTo({ ...request, headers, body }, signal);
    return this.textOf(answer, request.readsReply);
  }

  /** Connections in use go on; those that wait for a next batch are closed. */
  close(): void {
    for (const sockets of Object.values(this.ownAgent?.freeSockets ?? {}))
      sockets?.forEach((socket) => socket.destroy());
  }

  /** A connection that was closed while it was idle says nothing about the server: then once more, at once. */
  private async answerTo(request: HttpRequest, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.exchange(request, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection) || signal.aborted) throw this.failureOf(error, signal);
    }
    try {
      return await this.exchange(request, signal);
    } catch (error) {
      throw this.failureOf(error, signal);
    }
  }

  private exchange({ body, headers, readsReply }: HttpRequest, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted(); // it may have been while the body was zipped
      const request = this.transport.request({ ...this.target, headers });
      const abort = (): void => {
        request.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      signal.addEventListener('abort', abort, { once: true });
      request.once('close', () => {
        signal.removeEventListener('abort', abort);
      });
      let isAnswered = false;
      request.once('response', (response) => {
        isAnswered = true;
        const whenSent = sentWhole(request);
        readReply(response, readsReply, (answer) => {
          if (signal.aborted) reject(signal.reason as Error);
          else if (statusFailure(answer.status, answer.headers, '') !== undefined) resolve(answer);
          else
            whenSent.then(() => {
              resolve(answer);
            }, reject);
        });
      });
      request.once('upgrade', ({ statusCode: status = 0, headers: given }, socket) => {
        isAnswered = true;
        socket.destroy();
        resolve({ status, headers: given, body: Buffer.alloc(0), cut: undefined });
      });
      request.once('close', () => {
        if (!isAnswered) reject(new Error('closed without an answer'));
      });
      // Also after the reply began, where the promise is settled by the reply: without a listener it would be thrown.
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        if (!isAnswered) reject(isStale ? new StaleConnection('stale', { cause: error }) : error);
      });
      request.end(body);
    });
  }

  private async textOf(answer: Answer, readsReply: boolean): Promise<string> {
    const { status, headers, cut } = answer;
    const failure = statusFailure(status, headers, this.place);
    if (failure !== undefined) throw SendFailedException.create(failure);
    if (cut === 'broken') throw this.unknown('the reply broke off');
    if (cut === 'too-long' && readsReply)
      throw this.unknown(`the reply has more than ${String(MAX_REPLY_BYTES)} bytes`);
    let text: string;
    try {
      text = await decodedText(answer);
    } catch (error) {
      if (!readsReply) return ''; // what is no HTML page as far as anyone can tell
      throw this.unknown((error as UnreadableReply).message, error);
    }
    if (!this.options.acceptsHtml && isHtmlPage(headers, text))
      throw this.unknown(
        `status ${String(status)} with an HTML page, as from a login page or a proxy. Fix: check the url, ` +
          'and what stands between here and the server',
      );
    return text;
  }

  private failureOf(error: unknown, signal: AbortSignal): SendFailedException {
    if (signal.aborted) return this.unknown('aborted before the reply was there');
    const cause = error instanceof StaleConnection ? error.cause : error;
    const { code, name } = cause as NodeJS.ErrnoException;
    return this.unknown(code ?? name, cause); // the message may quote what was sent: a header, say
  }

  /** Nobody knows whether the events were taken. */
  private unknown(what: string, cause?: unknown): SendFailedException {
    return SendFailedException.create({ reason: `${this.place}: ${what}`, retryable: true, cause });
  }
}

/** RFC 7617, 2. @param credentials user and password, with a colon between them */
export function basicAuthorization(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/**
 * Resolves when the whole request has been handed to the system, and rejects when its connection is closed before. Called at
 * the first byte of a reply: a server may answer before it has read the body, and go on reading, or not.
 */
function sentWhole(request: http.ClientRequest): Promise<void> {
  const { socket } = request;
  if (request.writableFinished || socket === null) return Promise.resolve();
  const sent = new Promise<void>((resolve, reject) => {
    const onClose = (): void => {
      reject(new Error('answered and closed before the request was sent'));
    };
    request.once('finish', () => {
      // A request "finishes" on a socket that fails, too: its pending writes are called back.
      if (socket.destroyed || socket.errored !== null) return;
      // The socket stays open for the next request.
      socket.off('error', reject).off('close', onClose);
      resolve();
    });
    // node:http may have taken its own listener off by then; without one, the error would end the process.
    socket.once('error', reject);
    socket.once('close', onClose);
  });
  sent.catch(() => undefined); // the reply may break off before anyone looks
  return sent;
}
