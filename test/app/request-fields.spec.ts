import { createHash, createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import {
  Catch,
  Controller,
  Get,
  Injectable,
  Module,
  NotFoundException,
  Param,
  Post,
  Req,
  type ArgumentsHost,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type MiddlewareConsumer,
  type ModuleMetadata,
  type NestModule,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, BaseExceptionFilter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  backend,
  InjectTracker,
  LoggerBackend,
  MemoryBackend,
  TrackerService,
  TrackingConfigException,
  TrackingModule,
  type EventFields,
  type RequestContextOptions,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import { Warnings } from '../context/start-tracker';
import { LogFolder } from '../support/log-folder';
import { platforms, TestCase, type RunningCase } from '../support/test-case';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

@Controller('courses')
class CoursesController {
  constructor(private readonly tracker: TrackerService) {}

  @Get(':courseId')
  show(@Param('courseId') courseId: string): object {
    this.tracker.emit('course.shown', { course_id: courseId });
    return { courseId };
  }

  @Post(':courseId/enrolment')
  enrol(): object {
    this.tracker.emit('course.enrolled');
    return {};
  }

  @Get(':courseId/twice')
  async twice(): Promise<object> {
    this.tracker.emit('first');
    await Promise.resolve();
    this.tracker.emit('second');
    return {};
  }
}

describe.each(platforms)('A request on %s', (platform, Adapter) => {
  const app = (requestContext?: RequestContextOptions | false, metadata: ModuleMetadata = {}): TestCase =>
    TestCase.of({ controllers: [CoursesController], ...metadata })
      .on(Adapter)
      .tracking(tracking({ requestContext }));

  describe('gives its events', () => {
    it('every field that is known of it', async () => {
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

    it('no field for what it has not', async () => {
      const run = await app().start();
      await send(run, { path: '/courses/DemoX' });
      expect(Object.keys(contextOf(run))).toEqual(['request_id', 'ip', 'host', 'path', 'method']);
    });

    it('its method, its path without the query, and what follows a slash at its end', async () => {
      const run = await app().start();
      await run.post('/courses/DemoX/enrolment?mode=audit', {});
      expect(contextOf(run)).toMatchObject({ method: 'POST', path: '/courses/DemoX/enrolment' });
    });

    it('its address also when the client has gone', async () => {
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

    it('nothing of it once another request is answered, or outside of requests', async () => {
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

  describe('is known by', () => {
    it('an id of its own if it brings none, the same in all its events', async () => {
      const run = await app().start();
      await run.get('/courses/DemoX/twice');
      await run.get('/courses/DemoX/twice');
      const ids = run.events().map(({ context }) => context['request_id']);
      expect(ids).toEqual(ids.map(() => expect.stringMatching(UUID)));
      expect(ids[0]).toBe(ids[1]);
      expect(ids[2]).toBe(ids[3]);
      expect(ids[0]).not.toBe(ids[2]);
    });

    it.each(['7', 'a'.repeat(128), 'req-7f3k', '1-67a:b/c+d=e@f.g_h'])('the x-request-id %s', async (id) => {
      const run = await app().start();
      await run.get('/courses/DemoX', { headers: { 'x-request-id': id } });
      expect(contextOf(run)['request_id']).toBe(id);
    });

    it.each(['', 'a'.repeat(129), 'with space', '<script>', 'a,b', '{"a":1}', 'é'])(
      'no x-request-id that looks like no id: %s',
      async (id) => {
        const run = await app().start();
        await run.get('/courses/DemoX', { headers: { 'x-request-id': id } });
        expect(contextOf(run)['request_id']).toMatch(UUID);
      },
    );

    it('no x-request-id that comes twice', async () => {
      const run = await app().start();
      await send(run, { path: '/courses/DemoX', headers: { 'x-request-id': ['a', 'b'] } });
      expect(contextOf(run)['request_id']).toMatch(UUID);
    });

    it('the id that a logger before it has given it', async () => {
      const run = await app()
        .prepared((nest) =>
          nest.use((request: { id?: unknown }, _response: unknown, next: () => void) => {
            request.id = 'of-the-logger';
            next();
          }),
        )
        .start();
      await run.get('/courses/DemoX', { headers: { 'x-request-id': 'of-the-gateway' } });
      expect(contextOf(run)['request_id']).toBe('of-the-logger');
    });

    // pino-http's own: `req.id = req.id || genReqId(req, res)`, a number that counts up, in a
    // middleware of nestjs-pino.
    it('the id that a logger after it gives it', async () => {
      @Module({})
      class LoggerModule implements NestModule {
        private count = 40;

        configure(consumer: MiddlewareConsumer): void {
          consumer
            .apply((request: { id?: unknown }, _response: unknown, next: () => void) => {
              request.id = ++this.count;
              next();
            })
            .forRoutes('{*path}');
        }
      }
      const run = await app({}, { imports: [LoggerModule] }).start();
      await run.get('/courses/DemoX/twice');
      expect(run.events().map(({ context }) => context['request_id'])).toEqual(['41', '41']);
    });

    it('one id, whichever tracker asks', async () => {
      @Controller()
      class BothController {
        constructor(
          private readonly tracker: TrackerService,
          @InjectTracker('audit') private readonly audit: TrackerService,
        ) {}

        @Get('both')
        both(): unknown {
          return [this.audit.currentContext()['request_id'], this.tracker.currentContext()['request_id']];
        }
      }
      const imports = [TrackingModule.forRoot({ name: 'audit' })];
      const run = await app({}, { imports, controllers: [BothController] }).start();
      const body = (await run.get('/both')).body as string[];
      expect(body).toEqual([expect.stringMatching(UUID), body[0]]);
    });
  });

  describe('has the user', () => {
    it('that a guard finds after every middleware', async () => {
      const run = await app().start();
      await run.get('/courses/DemoX', { as: { userId: 'u-7', username: 'ann' } });
      expect(contextOf(run)).toMatchObject({ user_id: 'u-7', username: 'ann' });
    });

    it('that a middleware finds', async () => {
      const run = await app()
        .prepared((nest) =>
          nest.use((request: { user?: unknown }, _response: unknown, next: () => void) => {
            request.user = { id: 7, username: 'ann' };
            next();
          }),
        )
        .start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)).toMatchObject({ user_id: 7, username: 'ann' });
    });

    it.each([
      ['an id', { id: 7 }, { user_id: 7 }],
      ['the id 0', { id: 0 }, { user_id: 0 }],
      ['user_id', { user_id: 7, name: 'Ann' }, { user_id: 7, username: 'Ann' }],
      ['userId', { userId: 'seven', username: 'ann', name: 'Ann' }, { user_id: 'seven', username: 'ann' }],
      ['the claims of a token', { sub: 'auth0|7', preferred_username: 'ann' }, { user_id: 'auth0|7', username: 'ann' }],
      ['an object id', { id: { toString: () => '507f1f77bcf86cd799439011' } }, { user_id: '507f1f77bcf86cd799439011' }],
      ['an id too large for a number', { id: 2n ** 64n }, { user_id: '18446744073709551616' }],
      ['an id that is no id', { id: { a: 1 }, username: 'ann' }, { username: 'ann' }],
      ['nothing', {}, {}],
      ['a text, which is the id', 'ann', { user_id: 'ann' }],
      ['a getter that throws', { get id() { throw new Error('lazy'); }, username: 'ann' }, { username: 'ann' }], // prettier-ignore
    ])('by %s', async (_kind, user, expected) => {
      const run = await app(
        {},
        withGuard((request) => (request['user'] = user)),
      ).start();
      await run.get('/courses/DemoX');
      const { user_id, username } = contextOf(run);
      expect({ user_id, username }).toEqual(expected);
    });

    it('as of each emit', async () => {
      const seen = withGuard((request, run) => {
        run.emit('before');
        request['user'] = { id: 1 };
        run.emit('as 1');
        (request['user'] as EventFields)['id'] = 2;
        run.emit('as 2');
        request['user'] = undefined;
        run.emit('after');
      });
      const run = await app({}, seen).start();
      await run.get('/courses/DemoX');
      expect(
        run
          .events()
          .slice(0, -1)
          .map(({ name, context }) => [name, context['user_id']]),
      ).toEqual([
        ['before', undefined],
        ['as 1', 1],
        ['as 2', 2],
        ['after', undefined],
      ]);
    });
  });

  describe('has its session', () => {
    const hashed = createHash('sha256').update('s3cret-session-id').digest('hex').slice(0, 32);

    it.each([
      ['express-session', { sessionID: 's3cret-session-id' }],
      ['a session with an id', { session: { id: 's3cret-session-id' } }],
      ['@fastify/session', { session: { sessionId: 's3cret-session-id' } }],
    ])('by its hash only: %s', async (_kind, fields) => {
      const run = await app(
        {},
        withGuard((request) => Object.assign(request, fields)),
      ).start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)['session']).toBe(hashed);
      expect(JSON.stringify(run.events())).not.toContain('s3cret');
    });

    it('not, if it has none with an id', async () => {
      const run = await app(
        {},
        withGuard((request) => (request['session'] = { cart: [] })),
      ).start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)).not.toHaveProperty('session');
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

    it('has the address and host that the proxy tells, if the application trusts it', async () => {
      const run = await trusting().start();
      await run.get('/courses/DemoX', { headers: forwarded });
      expect(contextOf(run)).toMatchObject({ ip: '203.0.113.9', host: 'learn.example.org' });
    });

    it('has its own, if the application does not', async () => {
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

  describe('can be changed by `fields`:', () => {
    it('a field is left out, renamed, added or replaced', async () => {
      const run = await app({
        fields: {
          ip: false,
          username: false,
          agent: 'user_agent',
          user_id: 'user',
          host: (request: { headers: Record<string, string> }) => request.headers['x-tenant-host'],
          tenant: (request: { headers: Record<string, string> }) => ({ name: request.headers['x-tenant'] }),
          nothing: () => undefined,
        },
      }).start();
      await run.get('/courses/DemoX', {
        headers: { 'user-agent': 'curl', 'x-tenant': 'acme', 'x-tenant-host': 'acme.example.org' },
        as: { userId: 7, username: 'ann' },
      });
      const { request_id, accept_language, ...rest } = contextOf(run);
      expect(rest).toEqual({
        path: '/courses/DemoX',
        method: 'GET',
        user_agent: 'curl',
        user: 7,
        host: 'acme.example.org',
        tenant: { name: 'acme' },
      });
    });

    it('a function is called at each emit, with the request that handlers see', async () => {
      let calls = 0;
      const run = await app({
        fields: { plan: (request: { user?: { id: number }; params?: EventFields }) => [++calls, request.user?.id, request.params?.['courseId']] }, // prettier-ignore
      }).start();
      await run.get('/courses/DemoX/twice', { as: { userId: 7 } });
      expect(run.events().map(({ context }) => context['plan'])).toEqual([
        [1, 7, 'DemoX'],
        [2, 7, 'DemoX'],
      ]);
    });

    it('what a function gives takes its normal form', async () => {
      const values = { at: new Date(0), ids: new Set([1n]), nan: NaN };
      const run = await app({ fields: { values: () => values } }).start();
      await run.get('/courses/DemoX');
      values.nan = 1;
      expect(contextOf(run)['values']).toEqual({ at: new Date(0), ids: ['1'], nan: null });
    });

    it.each([
      ['throws', (): never => fail('the field failed')],
      ['returns a promise', () => Promise.reject(new Error('the field failed'))],
    ])('a function that %s costs its field only, is counted, and told once', async (_how, tenant) => {
      const warnings = new Warnings();
      const run = await TestCase.of({ controllers: [CoursesController] })
        .on(Adapter)
        .tracking(tracking({ logger: warnings, requestContext: { fields: { tenant } } }))
        .start();
      const { status } = await run.get('/courses/DemoX/twice', { as: { userId: 7, username: 'ann' } });
      expect(status).toBe(200);
      for (const { context } of run.events()) {
        expect(context).toMatchObject({ user_id: 7, username: 'ann', path: '/courses/DemoX/twice' });
        expect(context).not.toHaveProperty('tenant');
      }
      expect(run.tracker.ledger.tracker().failures).toEqual({ 'requestContext.fields.tenant': 2 });
      expect(warnings.texts).toEqual([expect.stringContaining('requestContext.fields.tenant')]);
    });
  });

  describe('can be hidden by `hash`:', () => {
    const key = 'a key of the operator';
    const hmac = (text: string): string => createHmac('sha256', key).update(text).digest('hex').slice(0, 32);

    it('a field is written as the keyed hash of its value', async () => {
      const run = await app({ hash: { fields: ['user_id', 'ip', 'agent'], key } }).start();
      await run.get('/courses/DemoX', { headers: { 'user-agent': 'curl' }, as: { userId: 7, username: 'ann' } });
      expect(contextOf(run)).toMatchObject({
        user_id: hmac('7'),
        ip: hmac('127.0.0.1'),
        agent: hmac('curl'),
        username: 'ann',
      });
    });

    it('a field is hidden under its new name, by either name', async () => {
      const run = await app({
        fields: { username: 'login', user_id: 'user' },
        hash: { fields: ['username', 'user'], key },
      }).start();
      await run.get('/courses/DemoX', { as: { userId: 7, username: 'ann' } });
      expect(contextOf(run)).toMatchObject({ login: hmac('ann'), user: hmac('7') });
    });

    it('a field of a function is hidden, and left out if it is no text or number', async () => {
      const run = await app({
        fields: { email: () => 'ann@example.org', profile: () => ({ email: 'ann@example.org' }) },
        hash: { fields: ['email', 'profile'], key },
      }).start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)['email']).toBe(hmac('ann@example.org'));
      expect(JSON.stringify(run.events())).not.toContain('ann@');
    });

    it('an absent field stays absent', async () => {
      const run = await app({ hash: { fields: ['user_id'], key } }).start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)).not.toHaveProperty('user_id');
    });
  });
});

describe('requestContext', () => {
  it('keeps to the limits of the tracker in what is read at each emit', async () => {
    const limits = { maxTextLength: 60 };
    const guard = withGuard((request) => (request['user'] = { id: 7, username: 'x'.repeat(61) }));
    const run = await TestCase.of({ controllers: [CoursesController], ...guard })
      .tracking(tracking({ limits }))
      .start();
    await run.get('/courses/DemoX');
    expect(contextOf(run)).toMatchObject({ user_id: 7, username: '[Left out: text of 61 characters]' });
  });

  describe.each(platforms)('is in the line of a log as in the event, on %s:', (_platform, Adapter) => {
    const ann = { id: 7, username: 'ann' };
    it.each<[string, RequestContextOptions, (request: EventFields, tracker: TrackerService) => unknown]>([
      ['as it came', {}, () => undefined],
      ['with a user', {}, (request) => (request['user'] = ann)],
      ['with what JSON escapes', {}, (request) => (request['user'] = { id: 'a"b\\c', username: '\ud800é\u{1f600}' })],
      ['with fields renamed alike', { fields: { agent: 'from', referer: 'from', user_id: 'ip' } }, () => undefined],
      ['with a field less', { fields: { agent: false, request_id: false } }, (request) => (request['user'] = ann)],
      [
        'with what functions give',
        {
          fields: {
            at: () => new Date(0),
            list: () => [1, '"'],
            none: () => undefined,
            map: () => new Map([['a', 1n]]),
          },
        },
        () => undefined,
      ],
      ['with hashes', { hash: { fields: ['user_id', 'ip'], key: 'k' } }, (request) => (request['user'] = ann)],
      [
        'with a user that changes',
        {},
        (request, tracker) => {
          tracker.emit('before');
          request['user'] = ann;
          tracker.emit('after');
        },
      ],
      [
        'where it hides what holds for the process',
        {},
        (_request, tracker) => {
          tracker.emit('before');
          tracker.enterContext('more', { b: 2 });
        },
      ],
      ['with an entry', {}, (_request, tracker) => { tracker.enterContext('more', { agent: 'another', a: 1 }); }], // prettier-ignore
      [
        'inside of a scope that adds',
        {},
        (request, tracker) => {
          request['user'] = ann;
          tracker.context({ course_id: 'DemoX' }, () => {
            tracker.emit('inside');
          });
        },
      ],
      [
        'inside of a scope that hides',
        {},
        (request, tracker) => {
          request['user'] = ann;
          tracker.context({ user_id: 8, agent: null }, () => {
            tracker.emit('inside');
          });
        },
      ],
    ])('%s', async (kind, requestContext, act) => {
      const folder = new LogFolder();
      const log = backend(LoggerBackend, { path: folder.file(), sync: true });
      const guard = withGuard((request, tracker) => act(request, tracker as TrackerService));
      const run = await TestCase.of({ controllers: [CoursesController], ...guard })
        .on(Adapter)
        .tracking({ requestContext, backends: { log, sink: backend(MemoryBackend) } })
        .start();
      const hidden = kind.startsWith('where it hides') ? { path: '/' } : {};
      run.tracker.enterContext('process', { release: 'r "1"', ...hidden });
      await send(run, { path: '/courses/DemoX', headers: { 'user-agent': 'a "browser" \\', referer: 'http://é/' } });
      const written = folder.lines().map((line) => line.slice(line.indexOf('"context":'), line.indexOf(',"data":')));
      expect(written).toEqual(run.events().map(({ context }) => `"context":${JSON.stringify(context)}`));
      expect(written.at(-1)).toContain('"release":"r \\"1\\""');
    });
  });

  it('is refused at start, every fault at once, if a field would not be what was asked for', async () => {
    const requestContext = {
      fields: { usernme: false, agent: true, referrer: 'from', ip: '' },
      hash: { fields: ['user_id', 'emial'], key: '' },
    } as unknown as RequestContextOptions;
    const failure = await TestCase.of({})
      .tracking(tracking({ requestContext }))
      .start()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TrackingConfigException);
    expect((failure as TrackingConfigException).errors.map(({ path }) => path)).toEqual([
      'requestContext.fields.agent',
      'requestContext.fields.ip',
      'requestContext.fields.referrer',
      'requestContext.fields.usernme',
      'requestContext.hash.fields',
      'requestContext.hash.key',
    ]);
    expect(String(failure)).toContain('requestContext.hash.fields: it is "emial"; expected a field: request_id');
    expect(String(failure)).toContain('user_id, username, session');
  });

  it.each([true, 'all', null])('is refused at start if it is %p', async (requestContext) => {
    const starting = TestCase.of({})
      .tracking(tracking({ requestContext: requestContext as unknown as RequestContextOptions }))
      .start();
    await expect(starting).rejects.toThrow(/requestContext/);
  });
});

function tracking(options: TrackingModuleOptions): TrackingModuleOptions {
  return { backends: { sink: backend(MemoryBackend) }, ...options };
}

function contextOf(run: RunningCase): EventFields {
  return run.events().at(-1)!.context;
}

/** A guard after that of TestCase. It gets the request that handlers see, and may emit. */
function withGuard(
  act: (request: EventFields, run: { emit(name: string): void }) => unknown,
): Pick<ModuleMetadata, 'providers'> {
  @Injectable()
  class ActingGuard implements CanActivate {
    constructor(private readonly tracker: TrackerService) {}

    canActivate(context: ExecutionContext): boolean {
      act(context.switchToHttp().getRequest<EventFields>(), this.tracker);
      return true;
    }
  }
  return { providers: [{ provide: APP_GUARD, useClass: ActingGuard }] };
}

interface SentRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** With no header but those given, which fetch does not do. */
async function send(run: RunningCase, { path, headers = {} }: SentRequest): Promise<void> {
  const url = new URL(await run.url(path));
  await new Promise<void>((resolve, reject) => {
    httpRequest(url, { headers, agent: false }, (response) => response.resume().once('end', resolve))
      .once('error', reject)
      .end();
  });
}

/** Lines as they are, in latin1, which no client would send. */
async function raw(run: RunningCase, path: string, headers: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(await run.url());
  const text = [`GET ${path} HTTP/1.1`, `Host: ${hostname}`, 'Connection: close', ...headers, '', ''].join('\r\n');
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(text, 'latin1'));
    socket.once('error', reject).once('close', resolve).resume();
  });
}

function fail(text: string): never {
  throw new Error(text);
}
