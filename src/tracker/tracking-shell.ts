import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { linkPlatformRequest, RequestContext } from '../context/request-context';
import type { Settings } from './settings';
import { TrackerService } from './tracker.service';

type Routes = Parameters<ReturnType<MiddlewareConsumer['apply']>['forRoutes']>;

/** Opens the scope of each request. */
export abstract class TrackingShell implements NestModule {
  constructor(
    private readonly tracker: TrackerService,
    private readonly settings: Settings,
    private readonly adapterHost: HttpAdapterHost | undefined,
  ) {}

  configure(consumer: MiddlewareConsumer): void {
    const { requestContext = {} } = this.settings.options;
    const runtime = TrackerService.runtimeOf(this.tracker);
    if (requestContext === false || runtime.isOff) return;
    this.linkFastifyRequests();
    const { middleware } = new RequestContext(requestContext, runtime.scopes, runtime.normalizer, (field, error) => {
      runtime.fail(`requestContext.fields.${field}`, error, 'The event goes without this field.');
    });
    const { forRoutes = ['{*path}'], exclude = [] } = requestContext;
    consumer
      .apply(middleware)
      .exclude(...(exclude as Parameters<ReturnType<MiddlewareConsumer['apply']>['exclude']>))
      .forRoutes(...(forRoutes as Routes));
  }

  /** Middleware on Fastify gets the raw request, while guards put the user on Fastify's own. */
  private linkFastifyRequests(): void {
    const adapter = this.adapterHost?.httpAdapter as { getType?(): string; getInstance(): unknown } | undefined;
    if (adapter?.getType?.() !== 'fastify') return;
    const fastify = adapter.getInstance() as {
      addHook(name: 'onRequest', hook: (request: { raw: object }, reply: unknown, done: () => void) => void): unknown;
    };
    fastify.addHook('onRequest', (request, _reply, done) => {
      linkPlatformRequest(request.raw, request);
      done();
    });
  }
}
