/**
 * HTTP client that distinguishes every way in which an exchange can end. A batch whose reply is
 * lost may have been accepted, and a batch whose connection broke may not: only the status line
 * decides. Every result that leaves the outcome of the events open is retryable, under the same
 * ids. An exchange leaves nothing behind: the reply is read to its end, or its socket is destroyed.
 *
 * Built on node:http instead of fetch or undici: docs/decisions/0042.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { promisify } from 'node:util';
import { gzip as gzipWithCallback } from 'node:zlib';
import { reportStatus } from '../../delivery/attempt-status';
import { SendFailedException } from '../../delivery/destination';
import { decodedText, isHtmlPage, MAX_REPLY_BYTES, readReply, type Answer, type UnreadableReply } from './reply-body';
import { statusFailure } from './reply-status';
import { shownUrl } from './shown-url';

const gzip = promisify(gzipWithCallback);

/** Smallest body that is compressed: below it, gzip saves less than a packet. */
const MIN_GZIP_BYTES = 1024;

export interface HttpClientOptions {
  readonly url: string | URL;
  readonly method: string;
  readonly gzip: boolean;
  readonly keepAlive: boolean;
  /** True if a 2xx status with an HTML page also counts as success. */
  readonly acceptsHtml: boolean;
  /** Agent to use instead of a new one. The application closes it. */
  readonly agent: http.Agent | undefined;
}

export interface HttpRequest {
  readonly body: string | Uint8Array;
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** True if the caller reads the text of the reply. */
  readonly readsReply: boolean;
  /**
   * Returns the server's own words about a refusal, found in the text of its reply and safe to
   * show. Only called if `readsReply` is true.
   * @default none: only the status is shown
   */
  readonly explanation?: ((text: string) => string | undefined) | undefined;
}

/** Error of a request on a reused connection that the server had closed while it was idle. */
class StaleConnection extends Error {}

/** Sends bodies to one URL over keep-alive connections. */
export class HttpClient {
  /** URL without secrets, for logs. */
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
    // lifo: the server is least likely to have closed the connection that was used last.
    const makeAgent = () => new this.transport.Agent({ keepAlive: options.keepAlive, scheduling: 'lifo' });
    this.ownAgent = options.agent === undefined ? makeAgent() : undefined;
    this.target = {
      protocol,
      hostname: hostname.replace(/^\[|\]$/g, ''), // removes the brackets of an IPv6 address
      port,
      path: pathname + search,
      method: options.method,
      agent: options.agent ?? this.ownAgent,
    };
    const credentials = [url.username, url.password].map(decodeURIComponent).join(':');
    this.credentials = credentials === ':' ? {} : { authorization: basicAuthorization(credentials) };
  }

  /**
   * Sends one body. Resolves with the text of the reply if the server accepted the body.
   * @throws SendFailedException otherwise
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<string> {
    const plain = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
    const isZipped = this.options.gzip && plain.byteLength >= MIN_GZIP_BYTES;
    const body = isZipped ? await gzip(plain) : plain;
    const headers = {
      'user-agent': 'nestjs-event-tracking',
      // Without it, a server may choose any content coding (RFC 9110, 12.5.3)
      'accept-encoding': 'identity',
      ...this.credentials,
      ...request.headers,
      ...(isZipped && { 'content-encoding': 'gzip' }),
      'content-length': String(body.byteLength),
    };
    const answer = await this.answerTo({ ...request, headers, body }, signal);
    reportStatus(signal, answer.status);
    return this.textOf(answer, request);
  }

  /** Closes idle connections. Connections in use continue. */
  close(): void {
    for (const sockets of Object.values(this.ownAgent?.freeSockets ?? {}))
      sockets?.forEach((socket) => socket.destroy());
  }

  /**
   * Sends the request, once more at once if the connection was stale: that says nothing about the
   * server.
   */
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
      signal.throwIfAborted(); // it may have been aborted during compression
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
        replyTo(request, response, readsReply, signal).then(resolve, reject);
      });
      request.once('upgrade', ({ statusCode: status = 0, headers: given }, socket) => {
        isAnswered = true;
        socket.destroy();
        resolve({ status, headers: given, body: Buffer.alloc(0), cut: undefined });
      });
      request.once('close', () => {
        if (!isAnswered) reject(new Error('closed without an answer'));
      });
      // Stays after the reply has begun, when the reply settles the promise: an unhandled 'error'
      // would be thrown.
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        if (!isAnswered) reject(isStale ? new StaleConnection('stale', { cause: error }) : error);
      });
      request.end(body);
    });
  }

  private async textOf(answer: Answer, { readsReply, explanation }: HttpRequest): Promise<string> {
    const { status, headers, cut } = answer;
    const failure = statusFailure(status, headers, this.place);
    if (failure !== undefined) {
      const words = explanation && (await decodedText(answer).then(explanation, () => undefined));
      throw SendFailedException.create(
        words === undefined ? failure : { ...failure, reason: `${failure.reason}: ${words}` },
      );
    }
    if (cut === 'broken') throw this.unknown('the reply broke off');
    if (cut === 'too-long' && readsReply)
      throw this.unknown(`the reply has more than ${String(MAX_REPLY_BYTES)} bytes`);
    let text: string;
    try {
      text = await decodedText(answer);
    } catch (error) {
      if (!readsReply) return ''; // not recognizable as an HTML page
      throw this.unknown((error as UnreadableReply).message, error);
    }
    if (!this.options.acceptsHtml && isHtmlPage(headers, text))
      throw this.unknown(
        `status ${String(status)} with an HTML page, as from a login page or a proxy. Fix: check the url, ` +
          'and any proxy in front of the server',
      );
    return text;
  }

  private failureOf(error: unknown, signal: AbortSignal): SendFailedException {
    if (signal.aborted) return this.unknown('aborted before the reply was there');
    const cause = error instanceof StaleConnection ? error.cause : error;
    const { code, name } = cause as NodeJS.ErrnoException;
    // The message may quote parts of the request, such as a header.
    return this.unknown(code ?? name, cause);
  }

  /**
   * Creates the error for an exchange after which it is unknown whether the events were accepted.
   */
  private unknown(what: string, cause?: unknown): SendFailedException {
    return SendFailedException.create({ reason: `${this.place}: ${what}`, retryable: true, cause });
  }
}

/**
 * Returns a Basic authorization header (RFC 7617, 2).
 * @param credentials user and password, separated by a colon
 */
export function basicAuthorization(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** Reads a reply to its end. Waits for the rest of the request if the reply means success. */
async function replyTo(
  request: http.ClientRequest,
  response: http.IncomingMessage,
  readsReply: boolean,
  signal: AbortSignal,
): Promise<Answer> {
  const whenSent = sentWhole(request);
  const answer = await new Promise<Answer>((done) => {
    readReply(response, readsReply, done);
  });
  signal.throwIfAborted();
  if (statusFailure(answer.status, answer.headers, '') === undefined) await whenSent;
  return answer;
}

/**
 * Resolves when the operating system has the whole request; rejects when the connection is closed
 * before that. Called at the first byte of a reply: a server may answer before it has read the
 * body, and may or may not read the rest.
 */
function sentWhole(request: http.ClientRequest): Promise<void> {
  const { socket } = request;
  if (request.writableFinished || socket === null) return Promise.resolve();
  const sent = new Promise<void>((resolve, reject) => {
    const onClose = (): void => {
      reject(new Error('answered and closed before the request was sent'));
    };
    request.once('finish', () => {
      // A request also emits "finish" on a socket that fails: the callbacks of its pending writes
      // run.
      if (socket.destroyed || socket.errored !== null) return;
      // The socket stays open for the next request.
      socket.off('error', reject).off('close', onClose);
      resolve();
    });
    // node:http may have removed its own listener by then; without a listener, the error would end
    // the process.
    socket.once('error', reject);
    socket.once('close', onClose);
  });
  sent.catch(() => undefined); // the reply may break off before the promise is awaited
  return sent;
}
