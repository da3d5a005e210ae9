import { Agent } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { HttpBackend } from '../../../src/backends/http/http.backend';
import type { HttpBackendOptions } from '../../../src/backends/http/http-options';
import { SendFailedException } from '../../../src/delivery/destination';
import { deliveredEvents, idsOfEvents, outcomeOf } from '../../support/delivered-events';
import { HttpSink, type SinkFault, type SinkOptions } from '../../support/http-sink';
import { until } from '../../support/until';

const SECRET = 'v3ry-s3cret';
const NEVER = new AbortController().signal;

let sink: HttpSink;
const opened: { close: () => unknown }[] = [];
async function listen(options: SinkOptions = {}): Promise<HttpSink> {
  sink = await HttpSink.listen(options);
  opened.push(sink);
  return sink;
}
function backendOf(options: Partial<HttpBackendOptions> = {}): HttpBackend {
  const backend = new HttpBackend({ url: `${sink.url}/events`, ...options });
  opened.push({ close: () => backend.onApplicationShutdown() });
  return backend;
}
beforeEach(() => listen());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function failureOf(
  backend: HttpBackend,
  events = deliveredEvents(3),
  signal = NEVER,
): Promise<SendFailedException> {
  const outcome = await outcomeOf(backend.sendBatch(events, signal));
  if (outcome instanceof SendFailedException) return outcome;
  throw new Error(`no SendFailedException but ${String(outcome)}`);
}

describe('HttpBackend', () => {
  it('sends a batch as one JSON array, whole and in order', async () => {
    const events = deliveredEvents(100);
    expect(await backendOf().sendBatch(events, NEVER)).toEqual([]);
    const [request, ...others] = sink.requests;
    expect(others).toEqual([]);
    expect(request).toMatchObject({ method: 'POST', path: '/events', ids: idsOfEvents(events) });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'nestjs-event-tracking',
    });
    expect(JSON.parse(request?.text ?? '')).toEqual(JSON.parse(JSON.stringify(events)));
    expect(sink.complaints).toEqual([]);
  });

  it('sends one event a line with ndjson, however their texts look', async () => {
    const events = deliveredEvents(3, () => ({ data: { text: 'a\nb\u2028c' } }));
    await backendOf({ format: 'ndjson' }).sendBatch(events, NEVER);
    expect(sink.requests[0]).toMatchObject({
      ids: idsOfEvents(events),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(sink.complaints).toEqual([]);
  });

  it('sends what a function makes of the events, under the content type that the headers say', async () => {
    await listen({ ids: (body) => (body as { statements: { id: string }[] }).statements.map(({ id }) => id) });
    const events = deliveredEvents(2);
    const format: HttpBackendOptions['format'] = (given) =>
      Buffer.from(JSON.stringify({ statements: given.map(({ id }) => ({ id })) }));
    await backendOf({ method: 'PUT', format, headers: { 'Content-Type': 'application/vnd.x+json' } }).sendBatch(
      events,
      NEVER,
    );
    expect(sink.requests[0]).toMatchObject({
      method: 'PUT',
      ids: idsOfEvents(events),
      headers: { 'content-type': 'application/vnd.x+json' },
    });
    expect(sink.complaints).toEqual([]);
  });

  it('compresses bodies from 1 kB on', async () => {
    const backend = backendOf({ gzip: true });
    await backend.sendBatch(deliveredEvents(1), NEVER);
    await backend.sendBatch(deliveredEvents(200), NEVER);
    const [small, large] = sink.requests;
    expect(small?.headers['content-encoding']).toBeUndefined();
    expect(large?.headers['content-encoding']).toBe('gzip');
    expect(large?.wireBytes).toBeLessThan((large?.text.length ?? 0) / 5);
    expect(sink.complaints).toEqual([]);
    expect(sink.taken.size).toBe(200);
  });

  it('asks for headers each time where they are a function, and sends the credentials of the url as Basic', async () => {
    let asked = 0;
    const headers = (): Promise<Record<string, string>> => Promise.resolve({ 'X-Token': `t${++asked}` });
    const backend = backendOf({ url: sink.url.replace('//', `//lrs:${SECRET}%3A@`), headers });
    for (const events of [deliveredEvents(1), deliveredEvents(1)]) await backend.sendBatch(events, NEVER);
    const authorization = `Basic ${Buffer.from(`lrs:${SECRET}:`).toString('base64')}`;
    expect(sink.requests.map((request) => request.headers)).toMatchObject([
      { 'x-token': 't1', authorization },
      { 'x-token': 't2', authorization },
    ]);
  });

  it('uses one connection for batches that follow each other, and a new one each time without keepAlive', async () => {
    const backend = backendOf();
    for (let batch = 0; batch < 5; batch++) await backend.sendBatch(deliveredEvents(1), NEVER);
    expect(sink.connections).toBe(1);
    const closing = backendOf({ keepAlive: false });
    for (let batch = 0; batch < 2; batch++) await closing.sendBatch(deliveredEvents(1), NEVER);
    expect(sink.connections).toBe(3);
  });

  it('sends through an agent of the application, and leaves it open', async () => {
    const agent = new Agent({ keepAlive: true });
    opened.push({ close: () => agent.destroy() });
    const backend = backendOf({ agent });
    await backend.sendBatch(deliveredEvents(1), NEVER);
    backend.onApplicationShutdown();
    await backend.sendBatch(deliveredEvents(1), NEVER);
    expect(sink.connections).toBe(1);
  });

  it('closes the connections that wait when the application shuts down', async () => {
    const backend = backendOf();
    await backend.sendBatch(deliveredEvents(1), NEVER);
    backend.onApplicationShutdown();
    await backend.sendBatch(deliveredEvents(1), NEVER);
    expect(sink.connections).toBe(2);
  });

  it('reads from the reply which events were refused', async () => {
    await listen({ reply: () => '{"errors":[{"at":1,"code":"bad-verb"}]}' });
    const backend = backendOf({
      readStatus: (reply) =>
        (reply as { errors: { at: number; code: string }[] }).errors.map(({ at, code }) => ({
          index: at,
          reason: code,
          retryable: false,
        })),
    });
    expect(await backend.sendBatch(deliveredEvents(3), NEVER)).toEqual([
      { index: 1, reason: 'bad-verb', retryable: false },
    ]);
  });

  it('hands an empty reply on as undefined, and takes nothing for no refusal', async () => {
    const seen: unknown[] = [];
    const backend = backendOf({ readStatus: (reply, events) => void seen.push(reply, events.length) });
    sink.misbehave({ status: 204 });
    expect(await backend.sendBatch(deliveredEvents(3), NEVER)).toEqual([]);
    expect(seen).toEqual([undefined, 3]);
  });

  describe('when a function of the application fails', () => {
    const fail = (): never => {
      throw new TypeError(SECRET);
    };

    it('has the batch halved over a format, and sends nothing', async () => {
      const failure = await failureOf(backendOf({ format: fail }));
      expect(failure).toMatchObject({
        retryable: false,
        message: 'format threw TypeError',
        cause: new TypeError(SECRET),
      });
      expect(sink.connections).toBe(0);
    });

    it('tries again over headers', async () => {
      expect(await failureOf(backendOf({ headers: fail }))).toMatchObject({
        retryable: true,
        message: 'headers threw TypeError',
      });
      const failure = await failureOf(backendOf({ headers: () => ({ authorization: `${SECRET}\n` }) }));
      expect(failure).toMatchObject({
        retryable: true,
        message: expect.stringContaining('"authorization" has characters'),
      });
      expect(failure.message).not.toContain(SECRET);
    });

    it.each([
      ['throws', fail, 'readStatus threw TypeError'],
      ['is async', () => Promise.resolve([]) as never, 'readStatus gave an object of the class Promise, not a list'],
    ])('takes nothing for known over a readStatus that %s', async (_what, readStatus, message) => {
      expect(await failureOf(backendOf({ readStatus }))).toMatchObject({ retryable: true, message });
    });

    it('takes nothing for known over a reply that is no JSON, and does not quote it', async () => {
      sink.misbehave({ status: 200, body: `<html>${SECRET}` });
      const failure = await failureOf(backendOf({ readStatus: () => [] }));
      expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining('the reply is not JSON') });
      expect(failure.message).not.toContain(SECRET);
    });
  });

  describe('told a status', () => {
    it.each([200, 201, 202, 204, 207])('takes %d for all taken', async (status) => {
      sink.misbehave({ status });
      expect(await backendOf().sendBatch(deliveredEvents(3), NEVER)).toEqual([]);
    });

    it.each([400, 409, 413, 414, 422])('has the batch halved over %d', async (status) => {
      sink.misbehave({ status, headers: { 'retry-after': '7' } });
      expect(await failureOf(backendOf())).toMatchObject({ retryable: false, retryAfterMs: undefined });
    });

    it.each([408, 425, 429, 500, 502, 503, 504, 599])('tries again over %d, not before Retry-After', async (status) => {
      sink.misbehave({ status, headers: { 'retry-after': '7' } }, { status });
      const backend = backendOf();
      expect(await failureOf(backend)).toMatchObject({ retryable: true, retryAfterMs: 7000 });
      expect(await failureOf(backend)).toMatchObject({ retryable: true, retryAfterMs: undefined });
    });

    it('reckons a Retry-After that is a date by the clock of the server', async () => {
      const headers = { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:50:00 GMT' };
      sink.misbehave({ status: 429, headers });
      expect(await failureOf(backendOf())).toMatchObject({ retryable: true, retryAfterMs: 23_000 });
    });

    it.each([
      [401, 'check the credentials'],
      [403, 'check what these credentials may do'],
      [404, 'check the path'],
      [405, 'check `method`'],
      [415, 'content type'],
      [418, 'check the url and `headers`'],
    ])('loses nothing over %d, and says what to fix', async (status, fix) => {
      sink.misbehave({ status });
      const failure = await failureOf(backendOf());
      expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining(fix) });
      expect(failure.message).toContain(`${sink.url}/events answered ${status}`);
    });

    it.each([301, 302, 303, 307, 308])('does not follow %d, and says where the events should go', async (status) => {
      const target = await HttpSink.listen();
      opened.push(target);
      sink.misbehave({
        status,
        headers: { location: `${target.url.replace('//', `//u:${SECRET}@`)}/new?key=${SECRET}` },
      });
      const failure = await failureOf(backendOf());
      expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining(`${target.url}/new`) });
      expect(failure.message).not.toContain(SECRET);
      expect(target.connections).toBe(0);
    });

    it('keeps to a final status also when the rest of the reply never came', async () => {
      const server = createServer((socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\n{"mess'));
      }).listen(0, '127.0.0.1');
      opened.push({ close: () => new Promise((resolve) => server.close(resolve)) });
      await until(() => server.listening);
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      expect(await failureOf(backendOf({ url }))).toMatchObject({ retryable: false });
    });

    it('hears a server that answers before it has read the body', async () => {
      sink.misbehave({ early: 413 });
      expect(await failureOf(backendOf())).toMatchObject({ retryable: false, message: expect.stringContaining('413') });
    });
  });

  describe('on a network that fails', () => {
    it.each<[SinkFault, string, number]>([
      ['reset', 'ECONNRESET', 0],
      ['lost-reply', 'ECONNRESET', 3],
      ['reset-in-reply', 'the reply broke off', 3],
      ['half-reply', 'the reply broke off', 3],
      ['garbage', 'HPE_', 0],
    ])('takes nothing for known over %s, and sends the same ids again', async (fault, reason, taken) => {
      sink.misbehave(fault);
      const backend = backendOf();
      const events = deliveredEvents(3);
      const failure = await failureOf(backend, events);
      expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining(reason) });
      expect(sink.taken.size).toBe(taken);
      expect(await backend.sendBatch(events, NEVER)).toEqual([]);
      expect([...sink.taken.keys()]).toEqual(idsOfEvents(events));
      expect(sink.repeated).toHaveLength(taken);
    });

    it('is retryable over a server that is down, and delivers when it is back', async () => {
      const { port } = sink;
      const backend = backendOf();
      await sink.close();
      expect(await failureOf(backend)).toMatchObject({
        retryable: true,
        message: expect.stringContaining('ECONNREFUSED'),
      });
      await listen({ port });
      expect(await backend.sendBatch(deliveredEvents(3), NEVER)).toEqual([]);
    });

    it.each([
      ['before a reply', 'stall'],
      ['in the middle of a reply', 'stalled-reply'],
    ] as const)('gives up %s when the signal is aborted, and closes the connection', async (_when, fault) => {
      sink.misbehave(fault);
      const stop = new AbortController();
      const sending = failureOf(backendOf(), deliveredEvents(3), stop.signal);
      await sink.receivedAtLeast(1);
      stop.abort();
      expect(await sending).toMatchObject({ retryable: true, message: expect.stringContaining('aborted') });
      await until(() => sink.open === 0);
    });

    it('opens no connection when the signal is aborted already', async () => {
      expect(await failureOf(backendOf({ gzip: true }), deliveredEvents(100), AbortSignal.abort())).toMatchObject({
        retryable: true,
      });
      expect(sink.connections).toBe(0);
    });

    it('leaves no listener on a signal that outlives the batch', async () => {
      const { signal } = new AbortController();
      const added = jest.spyOn(signal, 'addEventListener');
      const removed = jest.spyOn(signal, 'removeEventListener');
      sink.misbehave({ status: 200 }, 'reset', 'half-reply');
      const backend = backendOf();
      for (let batch = 0; batch < 3; batch++) await outcomeOf(backend.sendBatch(deliveredEvents(1), signal));
      expect(added.mock.calls.length).toBeGreaterThan(2);
      await until(() => removed.mock.calls.length === added.mock.calls.length);
    });

    it('sends again at once when the connection had been closed while it was idle', async () => {
      const backend = backendOf();
      await backend.sendBatch(deliveredEvents(1), NEVER);
      sink.misbehave('reset'); // what meets a request that crosses the closing of its connection
      expect(await backend.sendBatch(deliveredEvents(3), NEVER)).toEqual([]);
      expect(sink.connections).toBe(2);
    });

    it('does not go on sending when a new connection fails as well', async () => {
      const backend = backendOf();
      await backend.sendBatch(deliveredEvents(1), NEVER);
      sink.misbehaveAlways('reset');
      expect(await failureOf(backend)).toMatchObject({
        retryable: true,
        message: expect.stringContaining('ECONNRESET'),
      });
      expect(sink.received).toBe(3);
    });

    it('reads no reply without end: where nobody reads it, its status is enough', async () => {
      const body = 'x'.repeat(9_000_000);
      sink.misbehave({ status: 200, body }, { status: 200, body });
      expect(await backendOf().sendBatch(deliveredEvents(1), NEVER)).toEqual([]);
      expect(await failureOf(backendOf({ readStatus: () => [] }))).toMatchObject({
        retryable: true,
        message: expect.stringContaining('8388608'),
      });
    });
  });

  it('never puts credentials, the query or the data of an event into a reason', async () => {
    const errors: SinkFault[] = [{ status: 401 }, { status: 400 }, { status: 500 }, 'reset', 'half-reply', 'garbage'];
    sink.misbehave(...errors);
    const url = `${sink.url.replace('//', `//user:${SECRET}@`)}/events?key=${SECRET}`;
    const backend = backendOf({ url, headers: { authorization: `Bearer ${SECRET}` }, keepAlive: false });
    const events = deliveredEvents(1, () => ({ data: { password: SECRET } }));
    while (sink.received < errors.length) {
      const failure = await failureOf(backend, events);
      expect(`${failure.message} ${String(failure.cause)}`).not.toContain(SECRET);
    }
    expect(sink.requests).toHaveLength(errors.length);
    expect(sink.requests[0]?.headers['authorization']).toBe(`Bearer ${SECRET}`);
  });
});
