import type { AddressInfo, Server } from 'node:net';
import {
  Injectable,
  Module,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type INestApplication,
  type MiddlewareConsumer,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ClsModule } from 'nestjs-cls';
import { backend, MemoryBackend, TrackerService, TrackingModule, type IdentifiedEvent } from '../../../src/entries';
import { describeWithServices } from '../../support/services';
import { platforms } from '../../support/test-case';
import type { Drive, Owned, Way } from './way';
import { ways, waysOfExpress, waysOfFastify, waysOverRedis } from './ways';

/** How an application may use nestjs-cls beside the tracker. */
interface Setup {
  readonly title: string;
  readonly before?: NonNullable<ModuleMetadata['imports']>;
  readonly after?: NonNullable<ModuleMetadata['imports']>;
  /** Whether something in it never unsubscribes the stream of a handler. */
  readonly keepsStreams?: boolean;
}

const cls = (options: object): NonNullable<ModuleMetadata['imports']> => [
  ClsModule.forRoot({ global: true, ...options }),
];
const setups: readonly Setup[] = [
  { title: 'without nestjs-cls of its own' },
  { title: 'with a ClsMiddleware before ours', before: cls({ middleware: { mount: true } }) },
  { title: 'with a ClsMiddleware after ours', after: cls({ middleware: { mount: true } }) },
  { title: 'with a ClsMiddleware by enterWith', before: cls({ middleware: { mount: true, useEnterWith: true } }) },
  { title: 'with a ClsGuard', after: cls({ guard: { mount: true } }) },
  { title: 'with a ClsInterceptor', after: cls({ interceptor: { mount: true } }), keepsStreams: true },
];

interface HeaderRequest {
  readonly headers?: Readonly<Record<string, string>>;
  user?: object;
}

function requestOf(context: ExecutionContext): HeaderRequest | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getRequest<HeaderRequest>();
    case 'graphql':
      return context.getArgByIndex<{ req?: HeaderRequest } | undefined>(2)?.req;
    default:
      return undefined;
  }
}

@Injectable()
class HeaderUserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    if (request?.headers?.['x-user'] !== undefined) request.user = { id: Number(request.headers['x-user']) };
    return true;
  }
}

@Module({})
class WithMiddleware {
  static way: Way;

  configure(consumer: MiddlewareConsumer): void {
    WithMiddleware.way.configure?.(consumer);
  }
}

/** One way in an application of its own: what one shares must not open a flow for another. */
class Trial {
  private constructor(
    private readonly way: Way,
    private readonly app: INestApplication,
  ) {}

  static async of(
    way: Way,
    Adapter: new () => AbstractHttpAdapter,
    { before = [], after = [] }: Setup,
  ): Promise<Trial> {
    await way.open?.();
    WithMiddleware.way = way;
    const tracking: DynamicModule = TrackingModule.forRoot({
      logger: false as never,
      requestContext: { afterResponse: 'mark' },
      backends: { sink: backend(MemoryBackend) },
    });
    const root: DynamicModule = {
      module: class Root {},
      imports: [
        ...before,
        tracking,
        ...after,
        ...(way.configure === undefined ? [] : [WithMiddleware]),
        ...(way.imports ?? []),
      ],
      controllers: way.controllers ?? [],
      providers: [{ provide: APP_GUARD, useClass: HeaderUserGuard }, ...(way.providers ?? [])],
    };
    // As main.ts does it: what `prepare` mounts comes after the modules have been built.
    const options = { logger: false as const, forceCloseConnections: true, abortOnError: false };
    const app = await NestFactory.create(root, new Adapter(), options);
    await way.prepare?.(app);
    await app.listen(0, '127.0.0.1');
    return new Trial(way, app);
  }

  async events(): Promise<IdentifiedEvent[]> {
    try {
      const { port } = (this.app.getHttpServer() as Server).address() as AddressInfo;
      const tracker = this.app.get(TrackerService);
      await this.way.act({ app: this.app, tracker, port, as: (...request) => this.as(port, ...request) });
      return tracker.backend<MemoryBackend>('sink').events(this.way.event);
    } finally {
      await this.app.close();
      await this.way.close?.();
    }
  }

  private async as(
    port: number,
    user: number,
    path: string,
    { method = 'GET', body }: Parameters<Drive['as']>[2] = {},
  ): Promise<string> {
    const headers = { 'x-user': String(user), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return answer.text();
  }
}

const isOwn = ({ data, context }: IdentifiedEvent): boolean => context['user_id'] === (data as unknown as Owned).who;
const isMarked = ({ context }: IdentifiedEvent): boolean => context['uncertain_context'] === true;

const titleOf = ({ title, isOwn: carriesOwn }: Way): string =>
  carriesOwn ? `behind ${title}` : `or says that it may not, behind ${title}`;

async function judge(way: Way, Adapter: new () => AbstractHttpAdapter, setup: Setup): Promise<void> {
  const trial = await Trial.of(way, Adapter, setup);
  const events = await trial.events();
  expect(events).toHaveLength(way.count);
  const wrong = events.filter((event) => !isOwn(event));
  if (way.isOwn) expect({ wrong, uncertain: events.filter(isMarked) }).toEqual({ wrong: [], uncertain: [] });
  else expect(wrong.filter((event) => !isMarked(event))).toEqual([]);
}

describe.each(platforms)('On %s, an event carries its own user', (platform, Adapter) => {
  describe.each(setups)('in an application $title', (setup) => {
    it.each(
      [...ways, ...(platform === 'Express' ? waysOfExpress : waysOfFastify)]
        .map((make) => [make(), make] as const)
        .filter(([way]) => !(setup.keepsStreams === true && way.needsUnsubscribe === true))
        .map(([way, make]) => [titleOf(way), make] as const),
    )('%s', async (_title, make) => {
      await judge(make(), Adapter, setup);
    });
  });
});

describeWithServices(['redis'], 'Behind connections to Redis, an event carries its own user', ({ redis }) => {
  it.each(
    platforms.flatMap(([platform, Adapter]) =>
      waysOverRedis(redis).map((make) => [titleOf(make()), platform, Adapter, make] as const),
    ),
  )('%s, on %s', async (_title, _platform, Adapter, make) => {
    await judge(make(), Adapter, setups[0]!);
  });
});
