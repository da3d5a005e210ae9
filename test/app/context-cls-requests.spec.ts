import { connect } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { ClsGuard, ClsModule } from 'nestjs-cls';
import { TrackerService, type RequestContextOptions } from 'nestjs-event-tracking';
import { KeepAliveClient } from '../support/keep-alive-client';
import { platforms, TestCase, type RunningCase } from '../support/test-case';
import { WorkController, cls, ownMiddleware, tracking } from './cls-parts';

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
