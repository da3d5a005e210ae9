import type { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import {
  Controller,
  Get,
  Injectable,
  Param,
  type CallHandler,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type ModuleMetadata,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { ClsGuard, ClsModule, ClsServiceManager } from 'nestjs-cls';
import { map, type Observable } from 'rxjs';
import {
  backend,
  MemoryBackend,
  TrackerService,
  TrackingContext,
  type RequestContextOptions,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import { KeepAliveClient } from '../support/keep-alive-client';
import { platforms, TestCase, type RunningCase } from '../support/test-case';

const cls = ClsServiceManager.getClsService();
const SESSION = Symbol('session');

const tracking = (requestContext?: RequestContextOptions): TrackingModuleOptions => ({
  backends: { sink: backend(MemoryBackend) },
  requestContext,
});

/** As an application's own: puts the user into nestjs-cls. */
@Injectable()
class ClsUserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<{ user?: { username: string } }>();
    if (cls.isActive()) cls.set('guard.user', user?.username);
    return true;
  }
}

/** Answers with what is in nestjs-cls when the handler is over. */
@Injectable()
class ClsAnswer implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map(() => ({
        user: cls.get<unknown>('guard.user'),
        service: cls.get<unknown>('service'),
        inScope: cls.get<unknown>('in.scope'),
        session: cls.get<unknown>(SESSION),
      })),
    );
  }
}

@Controller()
class WorkController {
  constructor(private readonly tracker: TrackerService) {}

  @Get('work/:id')
  async work(@Param('id') id: string): Promise<void> {
    cls.set('service', id);
    await this.inScopes(id);
    await turn();
    this.tracker.emit('worked');
  }

  @TrackingContext(({ args: [id] }) => ({ work_id: id as string }))
  private async inScopes(id: string): Promise<void> {
    await turn();
    await this.tracker.context({ step: 1 }, async () => {
      await turn();
      cls.set('in.scope', id);
      cls.set(SESSION, `session of ${id}`);
      this.tracker.emit('working');
    });
  }

  /** What any code sees that asks for it. */
  @Get('peek')
  peek(): object {
    return this.tracker.currentContext();
  }

  @Get('nested/:id')
  async nested(@Param('id') id: string): Promise<object> {
    return cls.run(async () => {
      cls.set('service', id);
      await turn();
      return cls.run({ ifNested: 'override' }, async () => {
        await turn();
        return cls.exit(() => this.tracker.context({ step: 1 }, () => this.tracker.currentContext()));
      });
    });
  }
}

const application = {
  controllers: [WorkController],
  providers: [
    { provide: APP_GUARD, useClass: ClsUserGuard },
    { provide: APP_INTERCEPTOR, useClass: ClsAnswer },
  ],
};

const ownMiddleware = (options: object = {}): DynamicModule =>
  ClsModule.forRoot({ global: true, middleware: { mount: true, ...options } });

describe.each(platforms)('nestjs-cls beside the tracker on %s', (_platform, Adapter) => {
  const entering = (_request: unknown, _response: unknown, next: () => void): void => {
    cls.enter();
    next();
  };
  const running = (_request: unknown, _response: unknown, next: () => void): void => {
    cls.run(next);
  };
  const of = (metadata: ModuleMetadata): TestCase => TestCase.of(metadata).on(Adapter).tracking(tracking());
  const mounts: readonly (readonly [string, (metadata: ModuleMetadata) => TestCase])[] = [
    ['no mount of its own', of],
    ['its own ClsMiddleware, before ours', (app) => of(app).importing(ownMiddleware())],
    ['its own ClsMiddleware, after ours', (app) => of({ ...app, imports: [ownMiddleware()] })],
    ['its own ClsMiddleware, without the request', (app) => of(app).importing(ownMiddleware({ saveReq: false }))],
    ['its own ClsMiddleware, by enterWith', (app) => of(app).importing(ownMiddleware({ useEnterWith: true }))],
    ['its own ClsMiddleware, by enterWith after ours', (app) => of({ ...app, imports: [ownMiddleware({ useEnterWith: true })] })], // prettier-ignore
    ['its own cls.enter', (app) => of(app).prepared((nest) => nest.use(entering))],
    ['its own cls.run', (app) => of(app).prepared((nest) => nest.use(running))],
  ];

  describe.each(mounts)('in an application with %s', (_mount, mounted) => {
    it('keeps what guards and services have set, also inside our scopes', async () => {
      const run = await mounted(application).start();
      for (const [id, username] of [
        ['a', 'ann'],
        ['b', 'bob'],
      ] as const) {
        // prettier-ignore
        const { body } = await run.get(`/work/${id}`, { as: { userId: id, username } });
        expect(body).toEqual({ user: username, service: id, inScope: id, session: `session of ${id}` });
      }
    });

    it('leaves our context as it is', async () => {
      const run = await mounted(application).start();
      await run.get('/work/a', { as: { userId: 1, username: 'ann' } });
      const ann = { user_id: 1, username: 'ann', path: '/work/a' };
      expect(run.events()).toEqual([
        expect.objectContaining({ name: 'working', context: expect.objectContaining({ ...ann, work_id: 'a', step: 1 }) }), // prettier-ignore
        expect.objectContaining({ name: 'worked', context: expect.objectContaining(ann) }),
      ]);
      expect(run.events('sink')[1]!.context).not.toHaveProperty('work_id');
    });
  });

  it('shows what guards and services set to whoever holds the store of the application', async () => {
    let answered: unknown;
    const finished = deferred();
    const setup = (_cls: unknown, _request: unknown, response: EventEmitter): void => {
      const store = cls.get();
      cls.set('setup', true);
      response.once('finish', () => {
        answered = { ...store };
        finished.resolve();
      });
    };
    const run = await TestCase.of(application)
      .on(Adapter)
      .tracking(tracking())
      .importing(ownMiddleware({ setup }))
      .start();
    await run.get('/work/a', { as: { userId: 1, username: 'ann' } });
    await finished.promise;
    expect(answered).toMatchObject({ setup: true, guard: { user: 'ann' }, service: 'a', in: { scope: 'a' } });
  });

  it('may be left by the application, in nested stores of its own and outside of all', async () => {
    for (const [, mounted] of mounts) {
      const run = await mounted({ controllers: [WorkController] }).start();
      const { body } = await run.get('/nested/a', { as: { userId: 1, username: 'ann' } });
      expect(body).toMatchObject({ user_id: 1, path: '/nested/a', step: 1 });
    }
  });

  it('keeps apart what each request sets in a server that was started inside cls.run', async () => {
    const here = [deferred(), deferred()] as const;
    @Controller()
    class MeetingController {
      @Get('meet/:id')
      async meet(@Param('id') id: string): Promise<object> {
        const [mine, other] = id === 'a' ? here : [here[1], here[0]];
        cls.set('service', id);
        mine.resolve();
        await other.promise;
        return { service: cls.get<unknown>('service') };
      }
    }
    const app = TestCase.of({ controllers: [MeetingController] }).on(Adapter);
    const run = await cls.run(() => app.start());
    const answers = await Promise.all(['a', 'b'].map((id) => run.get(`/meet/${id}`)));
    expect(answers.map(({ body }) => body)).toEqual([{ service: 'a' }, { service: 'b' }]);
  });

  it('carries the request into another flow with its store', async () => {
    const jobs: (() => void)[] = [];
    @Controller()
    class QueueController {
      constructor(private readonly tracker: TrackerService) {}

      @Get('queue/:id')
      queue(): object {
        const store = cls.get();
        const nested = cls.run(() => cls.get());
        for (const carried of [store, nested]) jobs.push(() => cls.runWith(carried, () => this.tracker.emit('job')));
        return {};
      }

      @Get('run')
      run(): object {
        this.tracker.context({ runner: true }, () => {
          for (const job of jobs) job();
        });
        return {};
      }
    }
    for (const [name, mounted] of mounts) {
      if (name.endsWith('enterWith after ours')) continue; // it begins with an empty store, so ours is not in it
      const run = await mounted({ controllers: [QueueController] }).start();
      jobs.length = 0;
      await run.get('/queue/a', { as: { userId: 1, username: 'ann' } });
      await run.get('/queue/b', { as: { userId: 2, username: 'bob' } });
      await run.get('/run', { as: { userId: 3, username: 'cleo' } });
      expect(run.events().map(({ context }) => [context['user_id'], context['path'], context['runner']])).toEqual([
        [1, '/queue/a', undefined],
        [1, '/queue/a', undefined],
        [2, '/queue/b', undefined],
        [2, '/queue/b', undefined],
      ]);
    }
  });
});

describe.each(platforms)('A request on %s never sees the context of another:', (_platform, Adapter) => {
  const clients: KeepAliveClient[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  /** Ann, then nobody, then Bob, on one socket: what each request saw. */
  const oneAfterAnother = async (run: RunningCase, paths: readonly string[]): Promise<unknown[]> => {
    const client = new KeepAliveClient(await run.url(), 1);
    clients.push(client);
    const users = [{ userId: 1, username: 'ann' }, undefined, { userId: 2, username: 'bob' }, undefined];
    const seen: unknown[] = [];
    for (const user of users) {
      for (const path of paths) {
        const headers = user === undefined ? {} : { 'x-test-user': JSON.stringify(user) };
        const { body } = await client.send('GET', path, headers);
        const { user_id, path: seenPath, started_by } = body as Record<string, unknown>;
        seen.push([user_id, seenPath, started_by]);
      }
    }
    return seen;
  };
  const right = [1, undefined, 2, undefined].map((user_id) => [user_id, '/peek', undefined]);
  const peeking = { controllers: [WorkController] };

  it('when both come in one packet', async () => {
    const run = await TestCase.of(peeking).on(Adapter).tracking(tracking()).start();
    const { hostname, port } = new URL(await run.url());
    const socket = connect(Number(port), hostname);
    const get = (user: object, connection: string): string =>
      [
        'GET /peek HTTP/1.1',
        `Host: ${hostname}`,
        `X-Test-User: ${JSON.stringify(user)}`,
        `Connection: ${connection}`,
        '',
        '',
      ].join('\r\n');
    socket.write(get({ userId: 1, username: 'ann' }, 'keep-alive') + get({ userId: 2 }, 'close'));
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect([...text.matchAll(/"user_id":(\d)(,"username":"(\w+)")?/g)].map(([, id, , name]) => [id, name])).toEqual([
      ['1', 'ann'],
      ['2', undefined],
    ]);
  });

  it('in a server that was started inside a scope', async () => {
    const app = TestCase.of(peeking).on(Adapter).tracking(tracking());
    const outer = await TestCase.of({}).start();
    const run = await outer.tracker.context({ started_by: 'outer' }, () => app.start());
    expect(await oneAfterAnother(run, ['/peek'])).toEqual(right);
  });

  it('in a server that was started inside a scope of its own tracker', async () => {
    const run = await TestCase.of(peeking)
      .on(Adapter)
      .tracking(tracking())
      .prepared((nest) => {
        const listen = nest.listen.bind(nest) as (port: number, host: string) => Promise<unknown>;
        const tracker = nest.get(TrackerService);
        nest.listen = (port: number | string, host?: unknown): Promise<unknown> =>
          tracker.context({ started_by: 'main' }, () => listen(Number(port), String(host)));
      })
      .start();
    expect(await oneAfterAnother(run, ['/peek'])).toEqual(right);
  });

  it('in a server that was started inside cls.run', async () => {
    for (const mount of [(app: TestCase) => app, (app: TestCase) => app.importing(ownMiddleware())]) {
      const app = mount(TestCase.of(peeking).on(Adapter).tracking(tracking()));
      const run = await cls.run(() => app.start());
      expect(await oneAfterAnother(run, ['/peek'])).toEqual(right);
    }
  });

  it('in a server that listens inside cls.run', async () => {
    const excluding = tracking({ forRoutes: ['peek'] });
    const run = await TestCase.of({ controllers: [WorkController, OutsideController] })
      .on(Adapter)
      .tracking(excluding)
      .prepared(async (nest) => {
        await nest.init();
        const listen = nest.listen.bind(nest) as (port: number, host: string) => Promise<unknown>;
        nest.listen = (port: number | string, host?: unknown): Promise<unknown> =>
          cls.run(() => listen(Number(port), String(host)));
      })
      .start();
    expect(await oneAfterAnother(run, ['/peek', '/outside'])).toEqual(
      right.flatMap((seen) => [seen, [undefined, undefined, undefined]]),
    );
  });

  it('in a server that was started by a request', async () => {
    let inner: RunningCase | undefined;
    @Controller()
    class StartingController {
      @Get('start')
      async start(): Promise<object> {
        inner = await TestCase.of(peeking).on(Adapter).tracking(tracking()).start();
        return {};
      }
    }
    const outer = await TestCase.of({ controllers: [StartingController] })
      .on(Adapter)
      .start();
    expect((await outer.get('/start', { as: { userId: 99, username: 'starter' } })).status).toBe(200);
    expect(await oneAfterAnother(inner!, ['/peek'])).toEqual(right);
  });

  it('in a server that listens inside a request', async () => {
    @Controller()
    class ListeningController {
      static listen = (): Promise<unknown> => Promise.resolve();

      @Get('listen')
      async listen(): Promise<object> {
        await ListeningController.listen();
        return {};
      }
    }
    const outer = await TestCase.of({ controllers: [ListeningController] })
      .on(Adapter)
      .start();
    const run = await TestCase.of(peeking)
      .on(Adapter)
      .tracking(tracking())
      .prepared(async (nest) => {
        await nest.init();
        const listen = nest.listen.bind(nest) as (port: number, host: string) => Promise<unknown>;
        nest.listen = async (port: number | string, host?: unknown): Promise<unknown> => {
          ListeningController.listen = () => listen(Number(port), String(host));
          return outer.get('/listen', { as: { userId: 99, username: 'starter' } });
        };
      })
      .start();
    expect(await oneAfterAnother(run, ['/peek'])).toEqual(right);
    expect((await run.get('/nested/a', { as: { userId: 1 } })).body).toMatchObject({ user_id: 1, step: 1 });
  });

  describe('in an application with ClsGuard, which enters its store for good,', () => {
    const guarded = (requestContext?: RequestContextOptions): TestCase =>
      TestCase.of({
        controllers: [WorkController, OutsideController],
        imports: [ClsModule.forRoot({ global: true, guard: { mount: true } })],
      })
        .on(Adapter)
        .tracking(tracking(requestContext));

    it('and each has its own', async () => {
      expect(await oneAfterAnother(await guarded().start(), ['/peek'])).toEqual(right);
    });

    it('nor do routes without a request context see one', async () => {
      const run = await guarded({ exclude: ['outside'] }).start();
      expect(await oneAfterAnother(run, ['/outside', '/peek', '/outside'])).toEqual(
        right.flatMap((seen) => [[undefined, undefined, undefined], seen, [undefined, undefined, undefined]]),
      );
    });

    it('whether it is mounted once more for a controller', async () => {
      const run = await guarded()
        .prepared((nest) => nest.useGlobalGuards(new ClsGuard({})))
        .start();
      expect(await oneAfterAnother(run, ['/peek'])).toEqual(right);
    });
  });

  it('in an application whose own middleware enters a store for good', async () => {
    const run = await TestCase.of({ controllers: [WorkController, OutsideController] })
      .on(Adapter)
      .tracking(tracking({ exclude: ['outside'] }))
      .prepared((nest) =>
        nest.use((_request: unknown, _response: unknown, next: () => void) => {
          cls.enter();
          next();
        }),
      )
      .start();
    expect(await oneAfterAnother(run, ['/peek', '/outside'])).toEqual(
      right.flatMap((seen) => [seen, [undefined, undefined, undefined]]),
    );
  });
});

@Controller()
class OutsideController {
  constructor(private readonly tracker: TrackerService) {}

  @Get('outside')
  outside(): object {
    return this.tracker.currentContext();
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
