import { Agent } from 'node:http';
import type { HttpBackendOptions } from '../../../src/backends/http/http-options';
import { deliveredEvents, idsOfEvents } from '../../support/delivered-events';
import { type SinkFault } from '../../support/http-sink';
import { NEVER, SECRET, backendOf, failureOf, listen, opened, sink } from './http-parts';

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

  it('sends one event per line with ndjson, whatever strings they contain', async () => {
    const events = deliveredEvents(3, () => ({ data: { text: 'a\nb\u2028c' } }));
    await backendOf({ format: 'ndjson' }).sendBatch(events, NEVER);
    expect(sink.requests[0]).toMatchObject({
      ids: idsOfEvents(events),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(sink.complaints).toEqual([]);
  });

  it('sends the body that a function returns, with the content type of the headers', async () => {
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

  it('calls a function for headers each time, and sends the credentials of the url as Basic', async () => {
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

  it('passes an empty reply on as undefined, and treats undefined as no refusal', async () => {
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

    it('has the batch halved after a format fails, and sends nothing', async () => {
      const failure = await failureOf(backendOf({ format: fail }));
      expect(failure).toMatchObject({
        retryable: false,
        message: 'format threw TypeError',
        cause: new TypeError(SECRET),
      });
      expect(sink.connections).toBe(0);
    });

    it('retries after headers fail', async () => {
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
    ])('treats the outcome as unknown after a readStatus that %s', async (_what, readStatus, message) => {
      expect(await failureOf(backendOf({ readStatus }))).toMatchObject({ retryable: true, message });
    });

    it('treats the outcome as unknown after a reply that is not JSON, and does not quote it', async () => {
      sink.misbehave({ status: 200, body: `<html>${SECRET}` });
      const failure = await failureOf(backendOf({ readStatus: () => [] }));
      expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining('the reply is not JSON') });
      expect(failure.message).not.toContain(SECRET);
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
