import { Agent, createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { HttpBackend } from '../../../src/backends/http/http.backend';
import type { HttpBackendOptions } from '../../../src/backends/http/http-options';
import { SegmentBackend } from '../../../src/backends/segment/segment.backend';
import { SendFailedException, type Destination } from '../../../src/delivery/destination';
import { deliveredEvents, outcomeOf } from '../../support/delivered-events';
import { HttpSink } from '../../support/http-sink';

const NEVER = new AbortController().signal;
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** A server that does as it is told with each connection. @returns its url */
async function listen(meet: (socket: Socket) => void, pauseOnConnect = false): Promise<string> {
  const server: Server = createServer({ pauseOnConnect }, (socket) => {
    socket.on('error', () => undefined);
    opened.push(() => socket.destroy());
    meet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => server.close());
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function httpTo(url: string, options: Partial<HttpBackendOptions> = {}): HttpBackend {
  const backend = new HttpBackend({ url, ...options });
  opened.push(() => {
    backend.onApplicationShutdown();
  });
  return backend;
}

/**
 * Status 200 with this body, once the request is there; requests of these tests come in one piece.
 */
function answering(headers: string, body: Buffer | string): Promise<string> {
  return listen((socket) => {
    socket.once('data', () => {
      const bytes = Buffer.from(body);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${String(bytes.length)}\r\n${headers}\r\n\r\n`);
      socket.write(bytes);
    });
  });
}

async function outcome(destination: Destination, events = deliveredEvents(1)): Promise<string> {
  const result = await outcomeOf(destination.sendBatch(events, NEVER));
  if (result instanceof SendFailedException) return `${result.retryable ? 'retryable' : 'final'}: ${result.message}`;
  return JSON.stringify(result);
}

const LARGE = deliveredEvents(1, () => ({ data: { text: 'x'.repeat(20_000_000) } }));

describe('A status 2xx that comes before the request is sent', () => {
  it.each([
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
    ['ends', (socket: Socket) => socket.end()],
    ['closes', (socket: Socket) => socket.destroy()],
  ])('does not count as delivery when the server then %s', async (_how, close) => {
    for (const connection of ['close', 'keep-alive']) {
      const url = await listen((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: ${connection}\r\n\r\n{}`);
        setTimeout(() => {
          close(socket);
        }, 50);
        setTimeout(() => socket.destroy(), 200); // of a server that has only ended its half
      }, true);
      expect(await outcome(httpTo(url), LARGE)).toMatch(/^retryable/);
    }
  });

  it('counts once the rest is sent, where the server goes on reading', async () => {
    const url = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
      setTimeout(() => socket.resume(), 50);
    }, true);
    expect(await outcome(httpTo(url), LARGE)).toBe('[]');
  });

  it('leaves no listeners on a connection that is used again', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    opened.push(() => {
      agent.destroy();
    });
    const sink = createHttpServer((request, response) => {
      response.end('{}'); // before the body is there
      request.resume();
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    opened.push(() => sink.close());
    const backend = httpTo(`http://127.0.0.1:${String((sink.address() as AddressInfo).port)}`, { agent });
    const listeners = (): number[] =>
      Object.values(agent.freeSockets).flatMap((sockets) => (sockets ?? []).map((each) => each.listenerCount('close')));
    expect(await outcome(backend, LARGE)).toBe('[]');
    const [before] = listeners();
    for (let time = 0; time < 5; time++) expect(await outcome(backend, LARGE)).toBe('[]');
    expect(listeners()).toEqual([before]);
  });

  it('ends with the attempt where the server never reads on', async () => {
    const url = await listen((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'), true);
    const failure = await outcomeOf(httpTo(url).sendBatch(LARGE, AbortSignal.timeout(300)));
    expect(failure).toMatchObject({ retryable: true });
  });
});

describe('A reply that is compressed', () => {
  const REPLY = JSON.stringify([{ index: 0, reason: 'bad', retryable: false }]);
  const readStatus = ((reply) => reply) as NonNullable<HttpBackendOptions['readStatus']>;

  it.each([
    ['gzip', gzipSync(REPLY)],
    ['x-gzip', gzipSync(REPLY)],
    ['deflate', deflateSync(REPLY)],
    ['deflate', deflateRawSync(REPLY)],
    ['br', brotliCompressSync(REPLY)],
    ['gzip, BR', brotliCompressSync(gzipSync(REPLY))],
    ['identity', Buffer.from(REPLY)],
  ])('is understood (%s)', async (coding, body) => {
    expect(await outcome(httpTo(await answering(`content-encoding: ${coding}`, body), { readStatus }))).toBe(REPLY);
  });

  it.each([
    ['gzip', Buffer.from(REPLY), /cannot be decompressed/],
    ['gzip', gzipSync(Buffer.alloc(9_000_000)), /more than 8388608 bytes/],
    ['zstd', Buffer.from(REPLY), /unknown content coding/],
    ['gzip,gzip,gzip,gzip', gzipSync(REPLY), /too many content codings/],
  ])('leaves open what became of the batch when it cannot be read (%s)', async (coding, body, reason) => {
    const backend = httpTo(await answering(`content-encoding: ${coding}`, body), { readStatus });
    const said = await outcome(backend);
    expect(said).toMatch(/^retryable/);
    expect(said).toMatch(reason);
  });

  it('is not asked for, unless the headers do', async () => {
    const sink = await HttpSink.listen();
    opened.push(() => sink.close());
    await httpTo(sink.url).sendBatch(deliveredEvents(1), NEVER);
    await httpTo(sink.url, { headers: { 'Accept-Encoding': 'gzip' } }).sendBatch(deliveredEvents(1), NEVER);
    expect(sink.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'gzip']);
  });
});

describe('A status 2xx with an HTML page', () => {
  const PAGE = '\uFEFF\n <!doctype html><title>Sign in</title>';

  it.each([
    ['content-type: text/html; charset=utf-8', Buffer.from(PAGE)],
    ['content-type: TEXT/HTML', Buffer.from(PAGE)],
    ['content-type: application/xhtml+xml\r\ncontent-encoding: gzip', gzipSync(PAGE)],
  ])('is sent again by both backends, with a reason that says what to look at (%s)', async (headers, body) => {
    const url = await answering(headers, body);
    const segment = new SegmentBackend({ writeKey: 'key', host: url });
    opened.push(() => {
      segment.onApplicationShutdown();
    });
    const withUser = deliveredEvents(1, () => ({ context: { user_id: 'u' } }));
    for (const destination of [httpTo(url), segment])
      expect(await outcome(destination, withUser)).toMatch(/^retryable: .*HTML page.*Fix: check the url/);
  });

  it('takes the batch with acceptHtml', async () => {
    const url = await answering('content-type: text/html', PAGE);
    expect(await outcome(httpTo(url, { acceptHtml: true }))).toBe('[]');
  });

  it.each(['', 'OK', '{"ok":true}'])(
    'is not seen in what frameworks send as text/html by default (%j)',
    async (body) => {
      expect(await outcome(httpTo(await answering('content-type: text/html', body)))).toBe('[]');
    },
  );
});

describe('An answer that is none', () => {
  it('such as 101 Switching Protocols is a failure that is tried again', async () => {
    const url = await listen((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
      );
    });
    expect(await outcome(httpTo(url))).toMatch(/^retryable: .*101/);
  });
});
