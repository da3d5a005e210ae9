/**
 * A server that takes batches of events as a tracking API does, looks closely at each request, and
 * misbehaves when it is told to. Faults that a network gives only by chance (a reply lost after the
 * events were taken) are given here on demand. It stands on nothing but Node, so that benches and
 * crash tests can run it in a process of their own.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

/**
 * What one request meets. Only the first two are settled for the sender; of the others it has to
 * send the events again.
 */
export type SinkFault =
  /** Answered, with the events taken if the status is 2xx. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Answered before the body is read, which then nobody reads. */
  | { readonly early: number }
  /** The connection is reset when the body is there, and no event is taken. */
  | 'reset'
  /** The events are taken, and the connection is reset before a reply. */
  | 'lost-reply'
  /** The events are taken, and the reply is reset in its middle. */
  | 'reset-in-reply'
  /** The events are taken, and the reply ends in its middle. */
  | 'half-reply'
  /** No answer ever comes, nor an end. */
  | 'stall'
  /** The events are taken, and the reply begins and never goes on. */
  | 'stalled-reply'
  /** Something that is not HTTP is answered. */
  | 'garbage';

export interface SinkRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Unzipped. */
  readonly text: string;
  /** Bytes on the wire. */
  readonly wireBytes: number;
  /** Counted from 0: requests of one number came over one connection. */
  readonly connection: number;
  readonly ids: readonly string[];
  /** Whether its events count as taken. */
  readonly taken: boolean;
}

export interface SinkOptions {
  /**
   * The ids in a body that was parsed; it throws for a body that is not as it should be.
   * @default `idsOf`
   */
  readonly ids?: (body: unknown, request: { readonly path: string }) => readonly string[];
  /** What is wrong with a request, besides its body; undefined if nothing is. */
  readonly objection?: (request: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
  }) => string | undefined;
  /**
   * The status with which a request is refused over its body; undefined to take it.
   * @default none
   */
  readonly refuses?: (request: { readonly text: string }) => number | undefined;
  /** The body of a reply with status 200.  @default '{"success":true}' */
  readonly reply?: (body: unknown) => string;
  /**
   * Whether `requests` keeps what came; without it a million events cost no more than their ids.
   * @default true
   */
  readonly keepsRequests?: boolean;
  /** @default 0, any free one */
  readonly port?: number;
}

const HALF = '{"success":';

export class HttpSink {
  readonly requests: SinkRequest[] = [];
  /** How often each id was taken. */
  readonly taken = new Map<string, number>();
  /** What was wrong with requests; a test expects it to be empty. */
  readonly complaints: string[] = [];
  /** Connections that were opened so far. */
  connections = 0;
  /** Those of them that are open now. */
  open = 0;
  /** Requests whose body came in whole. */
  received = 0;
  private readonly next: SinkFault[] = [];
  private always: SinkFault | undefined;
  private readonly numbers = new WeakMap<Socket, number>();
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly server: Server,
    private readonly options: SinkOptions,
  ) {
    server.on('connection', (socket) => {
      this.numbers.set(socket, this.connections++);
      this.open++;
      socket.once('close', () => this.open--);
    });
    server.on('request', (request, response) => void this.take(request, response));
    server.on('clientError', (_error, socket) => socket.destroy());
  }

  static async listen(options: SinkOptions = {}): Promise<HttpSink> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return new HttpSink(server, options);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** The next requests meet these, one each, in order. */
  misbehave(...faults: SinkFault[]): void {
    this.next.push(...faults);
  }

  /** All requests that nothing else was said of meet it, until it is taken back with undefined. */
  misbehaveAlways(fault: SinkFault | undefined): void {
    this.always = fault;
  }

  /** Ids that were taken more than once. */
  get repeated(): string[] {
    return [...this.taken].filter(([, times]) => times > 1).map(([id]) => id);
  }

  /** Resolves when so many requests have come in whole. */
  async receivedAtLeast(count: number): Promise<void> {
    while (this.received < count) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  /**
   * Closes connections that wait for a next request, as a server does that restarts or is tired of
   * waiting.
   */
  closeIdleConnections(): void {
    this.server.closeIdleConnections();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const planned = this.next.shift() ?? this.always;
    if (isEarly(planned)) {
      response.writeHead(planned.early, { connection: 'close' }).end();
      return;
    }
    const raw = await bodyOf(request);
    if (raw === undefined) return; // the sender went away
    const { body, text, ids } = this.read(request, raw);
    const refusal = planned === undefined ? this.options.refuses?.({ text }) : undefined;
    const fault = refusal === undefined ? planned : { status: refusal };
    const taken = takes(fault);
    if (taken) for (const id of ids) this.taken.set(id, (this.taken.get(id) ?? 0) + 1);
    const { method = '', url: path = '', headers, socket } = request;
    if (this.options.keepsRequests ?? true) {
      const connection = this.numbers.get(socket) ?? -1;
      this.requests.push({ method, path, headers, text, wireBytes: raw.byteLength, connection, ids, taken });
    }
    this.received++;
    this.answer(fault, body, response);
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  private read(request: IncomingMessage, raw: Buffer): { body: unknown; text: string; ids: readonly string[] } {
    const { method = '', url: path = '', headers } = request;
    let text = '';
    try {
      text = (headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
      const objection = this.options.objection?.({ method, path, headers });
      if (objection !== undefined) throw new Error(objection);
      // With neither, a server has to guess where the body ends.
      if (headers['transfer-encoding'] !== 'chunked' && headers['content-length'] !== String(raw.byteLength))
        throw new Error('the content-length is not that of the body');
      const isLines = headers['content-type']?.includes('ndjson') ?? false;
      const body: unknown = isLines
        ? text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as unknown)
        : JSON.parse(text);
      if (isLines && !text.endsWith('\n')) throw new Error('the last line has no end');
      const ids = (this.options.ids ?? idsOf)(body, { path });
      if (new Set(ids).size < ids.length) throw new Error('one request has an id twice');
      return { body, text, ids };
    } catch (error) {
      this.complaints.push(`${method} ${path}: ${error instanceof Error ? error.message : String(error)}`);
      return { body: undefined, text, ids: [] };
    }
  }

  private answer(fault: SinkFault | undefined, body: unknown, response: ServerResponse): void {
    const { socket } = response;
    if (fault === undefined) {
      const text = this.options.reply?.(body) ?? '{"success":true}';
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    } else if (typeof fault === 'object') {
      if ('status' in fault) response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    } else if (fault === 'reset' || fault === 'lost-reply') {
      socket?.resetAndDestroy();
    } else if (fault === 'garbage') {
      socket?.end('NOT HTTP AT ALL\r\n\r\n');
    } else if (fault !== 'stall') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write(HALF, () => {
        if (fault === 'half-reply') socket?.end();
        else if (fault === 'reset-in-reply') socket?.resetAndDestroy();
      });
    }
  }
}

/**
 * Ids of events as they stand (`id`), and as Segment's wire has them (`messageId`); a body may hold
 * them in `batch`.
 */
export function idsOf(body: unknown): string[] {
  const list: unknown = Array.isArray(body) ? body : (body as { batch?: unknown } | null)?.batch;
  if (!Array.isArray(list)) throw new Error('the body is no list of events');
  return list.map((item: { id?: unknown; messageId?: unknown } | null) => {
    const id = item?.messageId ?? item?.id;
    if (typeof id !== 'string' || id === '') throw new Error('an event has no id');
    return id;
  });
}

function isEarly(fault: SinkFault | undefined): fault is { readonly early: number } {
  return typeof fault === 'object' && 'early' in fault;
}

function takes(fault: SinkFault | undefined): boolean {
  if (fault === undefined) return true;
  if (typeof fault === 'object') return 'status' in fault && fault.status >= 200 && fault.status < 300;
  return ['lost-reply', 'reset-in-reply', 'half-reply', 'stalled-reply'].includes(fault);
}

/** @returns undefined if the sender went away before the end */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}
