import {
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  Post,
  RequestMethod,
  Version,
  VersioningType,
  type ArgumentsHost,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  backend,
  currentTracker,
  MemoryBackend,
  TrackerService,
  type RequestContextOptions,
} from 'nestjs-event-tracking';
import { platforms, TestCase, type RunningCase } from '../support/test-case';

@Injectable()
class AnsweringController {
  constructor(protected readonly tracker: TrackerService) {}

  protected answer(): object {
    return { ...this.tracker.currentContext(), inScope: currentTracker() !== undefined };
  }
}

@Controller('courses')
class CoursesController extends AnsweringController {
  @Get()
  list(): object {
    return this.answer();
  }

  @Get(':courseId')
  show(): object {
    return this.answer();
  }

  @Post(':courseId')
  update(): object {
    return this.answer();
  }
}

@Controller('health')
class HealthController extends AnsweringController {
  @Get()
  health(): object {
    return this.answer();
  }

  @Get('deep/down')
  deep(): object {
    return this.answer();
  }

  @Version('2')
  @Get('versioned')
  versioned(): object {
    return this.answer();
  }
}

@Controller()
class RootController extends AnsweringController {
  @Get()
  root(): object {
    return this.answer();
  }
}

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

describe.each(platforms)('The request context on %s', (_platform, Adapter) => {
  const app = (requestContext?: RequestContextOptions | false): TestCase =>
    TestCase.of({
      controllers: [CoursesController, HealthController, RootController],
      providers: [{ provide: APP_FILTER, useClass: EmittingFilter }],
    })
      .on(Adapter)
      .tracking({ backends: { sink: backend(MemoryBackend) }, requestContext });

  const has = async (run: RunningCase, method: string, path: string): Promise<boolean> => {
    const { status, body } = await run.request(method, path);
    expect(status).toBeLessThan(300);
    const { inScope, ...context } = body as { inScope: boolean; path?: string };
    expect(context.path).toBe(inScope ? path : undefined);
    expect(Object.keys(context).length > 0).toBe(inScope);
    return inScope;
  };

  it('is there for every route', async () => {
    const run = await app().start();
    for (const path of ['/', '/courses', '/courses/DemoX', '/health', '/health/deep/down']) {
      expect([path, await has(run, 'GET', path)]).toEqual([path, true]);
    }
    expect(await has(run, 'POST', '/courses/DemoX')).toBe(true);
  });

  it('is there for requests that no route takes', async () => {
    const run = await app().start();
    for (const path of ['/nowhere', '/courses/a/b/c']) {
      expect((await run.get(`${path}?secret=1`, { headers: { 'user-agent': 'lost' } })).status).toBe(404);
      expect(run.events().at(-1)).toMatchObject({ name: 'not.found', context: { path, agent: 'lost' } });
    }
  });

  it('is there for nobody with requestContext: false', async () => {
    const run = await app(false).start();
    expect(await has(run, 'GET', '/courses')).toBe(false);
    await run.get('/nowhere');
    expect(run.events()).toEqual([expect.objectContaining({ name: 'not.found', context: {} })]);
  });

  it('is there for the routes of `forRoutes` only', async () => {
    const run = await app({ forRoutes: ['courses/*path', { path: 'health', method: RequestMethod.GET }] }).start();
    expect(await has(run, 'GET', '/courses/DemoX')).toBe(true);
    expect(await has(run, 'POST', '/courses/DemoX')).toBe(true);
    expect(await has(run, 'GET', '/health')).toBe(true);
    expect(await has(run, 'GET', '/')).toBe(false);
  });

  it('is there for the controllers of `forRoutes`', async () => {
    const run = await app({ forRoutes: [CoursesController] }).start();
    expect(await has(run, 'GET', '/courses/DemoX')).toBe(true);
    expect(await has(run, 'GET', '/health')).toBe(false);
  });

  it('is there for one method only, if `forRoutes` says so', async () => {
    const run = await app({ forRoutes: [{ path: 'courses/:courseId', method: RequestMethod.POST }] }).start();
    expect(await has(run, 'POST', '/courses/DemoX')).toBe(true);
    expect(await has(run, 'GET', '/courses/DemoX')).toBe(false);
  });

  it('is not there for the routes of `exclude`', async () => {
    const run = await app({
      exclude: ['health', 'health/*path', { path: 'courses/:courseId', method: RequestMethod.GET }],
    }).start();
    expect(await has(run, 'GET', '/health')).toBe(false);
    expect(await has(run, 'GET', '/health/deep/down')).toBe(false);
    expect(await has(run, 'GET', '/courses/DemoX')).toBe(false);
    expect(await has(run, 'POST', '/courses/DemoX')).toBe(true);
    expect(await has(run, 'GET', '/courses')).toBe(true);
  });

  it('is there below a global prefix, whose routes `forRoutes` and `exclude` name without it', async () => {
    const prefixed = (requestContext?: RequestContextOptions): TestCase =>
      app(requestContext).prepared((nest) => nest.setGlobalPrefix('api', { exclude: ['health'] }));
    const all = await prefixed().start();
    for (const path of ['/api', '/api/courses', '/api/courses/DemoX', '/health']) {
      expect([path, await has(all, 'GET', path)]).toEqual([path, true]);
    }
    expect((await all.get('/api/nowhere')).status).toBe(404);
    expect(all.events().at(-1)!.context['path']).toBe('/api/nowhere');
    const some = await prefixed({ forRoutes: ['{*path}'], exclude: ['courses/:courseId'] }).start();
    expect(await has(some, 'GET', '/api/courses/DemoX')).toBe(false);
    expect(await has(some, 'GET', '/api/courses')).toBe(true);
  });

  it('is there for versions in the path', async () => {
    const run = await app()
      .prepared((nest) => nest.enableVersioning({ type: VersioningType.URI }))
      .start();
    expect(await has(run, 'GET', '/v2/health/versioned')).toBe(true);
  });

  it('is there in the middleware of other modules', async () => {
    class EmittingModule implements NestModule {
      constructor(private readonly tracker: TrackerService) {}

      configure(consumer: MiddlewareConsumer): void {
        consumer
          .apply((_request: unknown, _response: unknown, next: () => void) => {
            this.tracker.emit('on.the.way');
            next();
          })
          .forRoutes('{*path}');
      }
    }
    Inject(TrackerService)(EmittingModule, undefined, 0);
    Module({})(EmittingModule);
    const run = await TestCase.of({ controllers: [CoursesController], imports: [EmittingModule] })
      .on(Adapter)
      .start();
    expect(await has(run, 'GET', '/courses')).toBe(true);
    expect(run.events()).toEqual([
      expect.objectContaining({ name: 'on.the.way', context: expect.objectContaining({ path: '/courses' }) }),
    ]);
  });

  it('is not there when tracking is off, while everything still answers', async () => {
    const run = await TestCase.of({ controllers: [CoursesController] })
      .on(Adapter)
      .tracking({ enabled: false })
      .start();
    expect(await has(run, 'GET', '/courses')).toBe(false);
  });
});

describe('The request context on Fastify', () => {
  it.each(['before', 'after'])('is there for the routes of a plugin that was registered %s the start', async (when) => {
    const run = await TestCase.of({ controllers: [CoursesController] })
      .on(FastifyAdapter)
      .prepared(async (nest) => {
        const application = nest as NestFastifyApplication;
        if (when === 'after') await application.init();
        const fastify = application.getHttpAdapter().getInstance();
        fastify.register((inner, _options, done) => {
          inner.get('/plugged', () => application.get(TrackerService).currentContext());
          done();
        });
        if (when === 'before') await fastify.after(); // it is loaded, with hooks of its own
      })
      .start();
    expect((await run.get('/plugged')).body).toMatchObject({ path: '/plugged', method: 'GET' });
    expect((await run.get('/courses')).body).toMatchObject({ path: '/courses' });
  });
});
