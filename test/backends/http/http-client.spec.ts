import { Agent } from 'node:http';
import {
  basicAuthorization,
  HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from '../../../src/backends/http/http-client';
import { SendFailedException } from '../../../src/delivery/destination';
import { HttpSink } from '../../support/http-sink';

const BODY = '[{"id":"1"}]';
let sink: HttpSink;
const clients: HttpClient[] = [];
beforeEach(async () => {
  sink = await HttpSink.listen();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await sink.close();
});

function create(options: Partial<HttpClientOptions> = {}): HttpClient {
  const defaults = { url: `${sink.url}/events?a=1`, method: 'POST', gzip: false, keepAlive: true };
  const client = new HttpClient({ ...defaults, acceptsHtml: false, agent: undefined, ...options });
  clients.push(client);
  return client;
}

const headers = { 'content-type': 'application/json' };

async function send(client: HttpClient, request: Partial<HttpRequest> = {}, signal?: AbortSignal): Promise<unknown> {
  const all = { body: BODY, headers, readsReply: true, ...request };
  try {
    return await client.send(all, signal ?? new AbortController().signal);
  } catch (error) {
    expect(error).toBeInstanceOf(SendFailedException);
    const { message, retryable } = error as SendFailedException;
    return `${retryable ? 'retryable' : 'final'}: ${message}`;
  }
}

describe('HttpClient: a request', () => {
  it('has the method, the path, the body and its headers', async () => {
    await expect(send(create({ method: 'PUT' }))).resolves.toBe('{"success":true}');
    expect(sink.requests[0]).toMatchObject({ method: 'PUT', path: '/events?a=1', text: BODY });
    expect(sink.requests[0]!.headers).toMatchObject({
      ...{ 'user-agent': 'nestjs-event-tracking', 'accept-encoding': 'identity', 'content-type': 'application/json' },
      'content-length': String(BODY.length),
    });
    expect(sink.complaints).toEqual([]);
  });

  it('takes credentials from the url, decoded, unless a header is given', async () => {
    const client = create({ url: sink.url.replace('://', '://user:p%40ss@') });
    await send(client);
    await send(client, { headers: { ...headers, authorization: 'own' } });
    const sent = sink.requests.map((request) => request.headers.authorization);
    expect(sent).toEqual([basicAuthorization('user:p@ss'), 'own']);
    expect(client.place).not.toContain('p%40ss');
  });

  it('is compressed from 1 KB on, if asked', async () => {
    const large = `[{"id":"1","text":"${'x'.repeat(2000)}"}]`;
    await send(create({ gzip: true }), { body: large });
    await send(create({ gzip: true }));
    await send(create(), { body: Buffer.from(large) });
    expect(sink.requests.map((request) => request.headers['content-encoding'])).toEqual(['gzip', undefined, undefined]);
    expect(sink.requests[0]!.wireBytes).toBeLessThan(200);
    expect(sink.complaints).toEqual([]);
  });

  it('reuses a connection, and opens one for each request without keepAlive', async () => {
    const client = create();
    await send(client);
    await send(client);
    expect(sink.connections).toBe(1);
    const other = create({ keepAlive: false });
    await send(other);
    await send(other);
    expect(sink.connections).toBe(3);
  });

  it('uses the agent of the application, and does not close it', async () => {
    const agent = new Agent({ keepAlive: true });
    const client = create({ agent });
    await send(client);
    client.close();
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
    await send(client);
    expect(sink.connections).toBe(1);
    agent.destroy();
  });

  it('is sent again at once, a single time, on a connection that the server closed while idle', async () => {
    const client = create();
    await send(client);
    sink.misbehave('reset');
    await expect(send(client)).resolves.toBe('{"success":true}');
    expect(sink.requests.map(({ taken }) => taken)).toEqual([true, false, true]);
    sink.misbehave('reset', 'reset');
    await expect(send(client)).resolves.toMatch(/^retryable: .*ECONNRESET/);
  });

  it('is not sent again on a new connection', async () => {
    sink.misbehave('reset');
    await expect(send(create())).resolves.toMatch(/^retryable: .*ECONNRESET/);
    expect(sink.requests).toHaveLength(1);
  });
});

describe('HttpClient: a reply', () => {
  it.each([
    [{ status: 400 }, /^final: .*answered 400/],
    [{ status: 503 }, /^retryable: .*answered 503/],
    [{ early: 500 }, /^retryable: /],
    ['half-reply', /^retryable: .*the reply broke off/],
    ['reset-in-reply', /^retryable: .*the reply broke off/],
    ['garbage', /^retryable: .*HPE_/],
    [{ status: 200, headers: { 'content-type': 'text/html' }, body: '<p>log in' }, /^retryable: .*HTML page/],
    [{ status: 200, headers: { 'content-encoding': 'zstd' }, body: 'x' }, /^retryable: .*unknown content coding/],
    [{ status: 204 }, /^$/],
  ] as const)('of %j is %s', async (fault, expected) => {
    sink.misbehave(fault);
    await expect(send(create())).resolves.toMatch(expected);
  });

  it('may be a page if that is accepted', async () => {
    const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' };
    sink.misbehave(page, page);
    await expect(send(create({ acceptsHtml: true }))).resolves.toBe('<p>');
    await expect(send(create(), { readsReply: false })).resolves.toMatch(/HTML page/);
  });

  it('need not be readable if nothing reads it', async () => {
    sink.misbehave({ status: 200, headers: { 'content-encoding': 'zstd', 'content-type': 'text/html' }, body: 'x' });
    await expect(send(create(), { readsReply: false })).resolves.toBe('');
  });

  it('never has secrets of the url in a failure', async () => {
    sink.misbehave({ status: 503 });
    const url = `${sink.url.replace('://', '://user:secret@')}/?key=secret`;
    await expect(send(create({ url }))).resolves.not.toContain('secret');
  });
});

describe('HttpClient: the signal', () => {
  it.each(['stall', 'stalled-reply'] as const)('ends an exchange that does not end by itself (%s)', async (fault) => {
    sink.misbehave(fault);
    const controller = new AbortController();
    const sent = send(create(), {}, controller.signal);
    await sink.receivedAtLeast(1);
    controller.abort();
    await expect(sent).resolves.toMatch(/^retryable: .*aborted before the reply was there/);
  });

  it('ends a request that has not begun', async () => {
    await expect(send(create(), {}, AbortSignal.abort())).resolves.toMatch(/^retryable: .*aborted/);
    expect(sink.connections).toBe(0);
  });
});

it('HttpClient: close ends idle connections', async () => {
  const client = create();
  await send(client);
  client.close();
  await send(client);
  expect(sink.connections).toBe(2);
});
