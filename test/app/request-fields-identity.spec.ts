import { createHash } from 'node:crypto';
import { Controller, Get, Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { InjectTracker, TrackerService, TrackingModule, type EventFields } from 'nestjs-event-tracking';
import { platforms } from '../support/test-case';
import { contextOf, coursesOn, send, withGuard } from './request-parts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe.each(platforms)('A request on %s', (platform, Adapter) => {
  const app = coursesOn(Adapter);

  describe('is identified by', () => {
    it('a new id if it has none, the same in all its events', async () => {
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
      'no x-request-id that is not a valid id: %s',
      async (id) => {
        const run = await app().start();
        await run.get('/courses/DemoX', { headers: { 'x-request-id': id } });
        expect(contextOf(run)['request_id']).toMatch(UUID);
      },
    );

    it('no x-request-id that is sent twice', async () => {
      const run = await app().start();
      await send(run, { path: '/courses/DemoX', headers: { 'x-request-id': ['a', 'b'] } });
      expect(contextOf(run)['request_id']).toMatch(UUID);
    });

    it('the id that a logger has assigned earlier', async () => {
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
    it('the id that a logger assigns later', async () => {
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

    it('the same id for every tracker', async () => {
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

    it('at the time of each emit', async () => {
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

  describe('has the session', () => {
    const hashed = createHash('sha256').update('s3cret-session-id').digest('hex').slice(0, 32);

    it.each([
      ['express-session', { sessionID: 's3cret-session-id' }],
      ['a session with an id', { session: { id: 's3cret-session-id' } }],
      ['@fastify/session', { session: { sessionId: 's3cret-session-id' } }],
    ])('only as a hash: %s', async (_kind, fields) => {
      const run = await app(
        {},
        withGuard((request) => Object.assign(request, fields)),
      ).start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)['session']).toBe(hashed);
      expect(JSON.stringify(run.events())).not.toContain('s3cret');
    });

    it('only if the session has an id', async () => {
      const run = await app(
        {},
        withGuard((request) => (request['session'] = { cart: [] })),
      ).start();
      await run.get('/courses/DemoX');
      expect(contextOf(run)).not.toHaveProperty('session');
    });
  });
});
