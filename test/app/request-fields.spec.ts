import { EventEmitter, once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import {
  Catch,
  Controller,
  Get,
  NotFoundException,
  Req,
  type ArgumentsHost,
  type INestApplication,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TrackerService, type EventFields } from 'nestjs-event-tracking';
import { platforms, TestCase, type RunningCase } from '../support/test-case';
import { contextOf, coursesOn, send } from './request-parts';

describe.each(platforms)('A request on %s', (platform, Adapter) => {
  const app = coursesOn(Adapter);

  describe('gives its events', () => {
    it('every known field of the request', async () => {
      const run = await app().start();
      const host = (await run.url()).replace('http://', '');
      const { status } = await run.get('/courses/DemoX?page=2&secret=no', {
        headers: {
          'user-agent': 'a browser/1.0',
          referer: 'http://example.org/catalogue',
          'accept-language': 'de-CH,de;q=0.9',
          'x-request-id': 'f7b1c2d3-from-the-gateway',
        },
        as: { userId: 11111, username: 'ann' },
      });
      expect(status).toBe(200);
      expect(contextOf(run)).toEqual({
        request_id: 'f7b1c2d3-from-the-gateway',
        ip: '127.0.0.1',
        agent: 'a browser/1.0',
        host,
        path: '/courses/DemoX',
        referer: 'http://example.org/catalogue',
        accept_language: 'de-CH,de;q=0.9',
        method: 'GET',
        user_id: 11111,
        username: 'ann',
      });
    });

    it('no field for anything that the request does not have', async () => {
      const run = await app().start();
      await send(run, { path: '/courses/DemoX' });
      expect(Object.keys(contextOf(run))).toEqual(['request_id', 'ip', 'host', 'path', 'method']);
    });

    it('its method, and its path without the query, also with a slash at the end', async () => {
      const run = await app().start();
      await run.post('/courses/DemoX/enrolment?mode=audit', {});
      expect(contextOf(run)).toMatchObject({ method: 'POST', path: '/courses/DemoX/enrolment' });
    });

    it('its address, also when the client has disconnected', async () => {
      const gone = new EventEmitter();
      @Controller()
      class SlowController {
        constructor(private readonly tracker: TrackerService) {}

        @Get('slow')
        async slow(@Req() request: { raw?: IncomingMessage; socket: Socket }): Promise<void> {
          const { socket } = request.raw ?? request;
          if (!socket.destroyed) {
            gone.emit('came');
            await once(socket, 'close');
          }
          this.tracker.emit('too.late');
          gone.emit('emitted');
        }
      }
      const run = await app({}, { controllers: [SlowController] }).start();
      const { hostname, port } = new URL(await run.url());
      const emitted = once(gone, 'emitted');
      const client = connect(Number(port), hostname).on('error', () => undefined);
      gone.once('came', () => client.destroy());
      client.write(`GET /slow HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
      await emitted;
      expect(contextOf(run)).toMatchObject({ ip: '127.0.0.1', path: '/slow' });
    });

    it('nothing of the request in later requests or outside of requests', async () => {
      const run = await app().start();
      await run.get('/courses/DemoX', { as: { userId: 1, username: 'ann' } });
      await run.get('/courses/DemoX');
      run.tracker.emit('outside');
      const [, second, outside] = run.events().map(({ context }) => context);
      expect(second).not.toHaveProperty('user_id');
      expect(second).not.toHaveProperty('username');
      expect(outside).toEqual({});
    });
  });

  describe('behind a proxy', () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'learn.example.org' };
    class TrustingFastify extends FastifyAdapter {
      constructor() {
        super({ trustProxy: true });
      }
    }
    const trusting = (): TestCase =>
      platform === 'Fastify'
        ? app().on(TrustingFastify)
        : app().prepared((nest) => (nest as INestApplication & { set(name: string, value: unknown): void }).set('trust proxy', true)); // prettier-ignore

    it('has the address and host that the proxy reports, if the application trusts it', async () => {
      const run = await trusting().start();
      await run.get('/courses/DemoX', { headers: forwarded });
      expect(contextOf(run)).toMatchObject({ ip: '203.0.113.9', host: 'learn.example.org' });
    });

    it('has its own address and host, if the application does not', async () => {
      const run = await app().start();
      await run.get('/courses/DemoX', { headers: forwarded });
      expect(contextOf(run)).toMatchObject({ ip: '127.0.0.1', host: expect.stringContaining('127.0.0.1:') });
    });
  });

  describe('is not trusted:', () => {
    it('a header is cut at 1,024 characters', async () => {
      const run = await app().start();
      const long = 'x'.repeat(5_000);
      await run.get('/courses/DemoX', { headers: { 'user-agent': long, referer: long, 'accept-language': long } });
      const cut = 'x'.repeat(1_024);
      expect(contextOf(run)).toMatchObject({ agent: cut, referer: cut, accept_language: cut });
    });

    it('a path is cut, too', async () => {
      @Catch(NotFoundException)
      class EmittingFilter extends BaseExceptionFilter {
        constructor(private readonly tracker: TrackerService) {
          super();
        }

        override catch(error: unknown, host: ArgumentsHost): void {
          this.tracker.emit('not.found');
          super.catch(error, host);
        }
      }
      const run = await app({}, { providers: [{ provide: APP_FILTER, useClass: EmittingFilter }] }).start();
      const { status } = await run.get(`/nowhere/${'x'.repeat(5_000)}?${'y'.repeat(5_000)}`);
      expect(status).toBe(404);
      expect(contextOf(run)['path']).toBe(`/nowhere/${'x'.repeat(5_000)}`.slice(0, 1_024));
    });

    it('control characters of a header become spaces', async () => {
      const run = await app().start();
      await raw(run, '/courses/DemoX', ['User-Agent: a\tb\x85c\x9bd']);
      expect(contextOf(run)['agent']).toBe('a b c d');
    });

    it('control characters of a name become spaces, and a long one is cut between characters', async () => {
      const run = await app().start();
      await run.get('/courses/DemoX', { as: { userId: 'a\n{"name":"forged"}', username: 'x\u2028y\u0000\u001bz' } });
      await run.get('/courses/DemoX', { as: { userId: 1, username: `${'x'.repeat(1_023)}\u{1f600}` } });
      const [first, second] = run.events().map(({ context }) => context);
      expect(first).toMatchObject({ user_id: 'a {"name":"forged"}', username: 'x y z' });
      expect(second!['username']).toBe('x'.repeat(1_023));
    });

    it('a header of the name __proto__ touches no prototype', async () => {
      const run = await app().start();
      await raw(run, '/courses/DemoX', ['__proto__: polluted', 'constructor: polluted']);
      expect(contextOf(run)).not.toHaveProperty('polluted');
      expect(({} as EventFields)['polluted']).toBeUndefined();
    });
  });
});

/** Lines as they are, in latin1, which no client would send. */
async function raw(run: RunningCase, path: string, headers: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(await run.url());
  const text = [`GET ${path} HTTP/1.1`, `Host: ${hostname}`, 'Connection: close', ...headers, '', ''].join('\r\n');
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(text, 'latin1'));
    socket.once('error', reject).once('close', resolve).resume();
  });
}
