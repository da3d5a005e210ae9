import type { EventEmitter } from 'node:events';
import {
  Controller,
  Get,
  Injectable,
  Param,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type ModuleMetadata,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { TrackerService } from 'nestjs-event-tracking';
import { platforms, TestCase } from '../support/test-case';
import { SESSION, WorkController, cls, ownMiddleware, tracking } from './cls-parts';

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

const application = {
  controllers: [WorkController],
  providers: [
    { provide: APP_GUARD, useClass: ClsUserGuard },
    { provide: APP_INTERCEPTOR, useClass: ClsAnswer },
  ],
};

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

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
