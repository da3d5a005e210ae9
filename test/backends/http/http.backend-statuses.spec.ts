import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { deliveredEvents } from '../../support/delivered-events';
import { HttpSink } from '../../support/http-sink';
import { until } from '../../support/until';
import { NEVER, SECRET, backendOf, failureOf, opened, sink } from './http-parts';

describe('HttpBackend', () => {
  describe('after a status', () => {
    it.each([200, 201, 202, 204, 207])('treats %d as accepted', async (status) => {
      sink.misbehave({ status });
      expect(await backendOf().sendBatch(deliveredEvents(3), NEVER)).toEqual([]);
    });

    it.each([400, 409, 413, 414, 422])('has the batch halved after %d', async (status) => {
      sink.misbehave({ status, headers: { 'retry-after': '7' } });
      expect(await failureOf(backendOf())).toMatchObject({ retryable: false, retryAfterMs: undefined });
    });

    it.each([408, 425, 429, 500, 502, 503, 504, 599])('retries after %d, not before Retry-After', async (status) => {
      sink.misbehave({ status, headers: { 'retry-after': '7' } }, { status });
      const backend = backendOf();
      expect(await failureOf(backend)).toMatchObject({ retryable: true, retryAfterMs: 7000 });
      expect(await failureOf(backend)).toMatchObject({ retryable: true, retryAfterMs: undefined });
    });

    it('evaluates a Retry-After that is a date by the clock of the server', async () => {
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
    ])('loses nothing after %d, and reports the fix', async (status, fix) => {
      sink.misbehave({ status });
      const failure = await failureOf(backendOf());
      expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining(fix) });
      expect(failure.message).toContain(`${sink.url}/events answered ${status}`);
    });

    it.each([301, 302, 303, 307, 308])('does not follow %d, and reports the new location', async (status) => {
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

    it('keeps a final status even if the rest of the reply never arrives', async () => {
      const server = createServer((socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\n{"mess'));
      }).listen(0, '127.0.0.1');
      opened.push({ close: () => new Promise((resolve) => server.close(resolve)) });
      await until(() => server.listening);
      const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      expect(await failureOf(backendOf({ url }))).toMatchObject({ retryable: false });
    });

    it('accepts the answer of a server that replies before it has read the body', async () => {
      sink.misbehave({ early: 413 });
      expect(await failureOf(backendOf())).toMatchObject({ retryable: false, message: expect.stringContaining('413') });
    });
  });
});
