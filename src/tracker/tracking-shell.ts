import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import type { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { linkPlatformRequest, RequestContext } from '../context/request-context';
import type { Settings } from './settings';
import { TrackerService } from './tracker.service';

type Routes = Parameters<ReturnType<MiddlewareConsumer['apply']>['forRoutes']>;

interface FastifyLike {
  addHook(name: 'onRequest', hook: (request: { raw: object }, reply: unknown, done: () => void) => void): unknown;
}

interface PlatformAdapter {
  getType?(): string;
  getInstance(): unknown;
  use(middleware: RequestContext['middleware']): unknown;
}

/** Opens the scope of each request. */
export abstract class TrackingShell implements NestModule {
  constructor(
    private readonly tracker: TrackerService,
    private readonly settings: Settings,
    private readonly adapterHost: HttpAdapterHost | undefined,
    private readonly container: ModulesContainer,
  ) {}

  configure(consumer: MiddlewareConsumer): void {
    const { requestContext = {} } = this.settings.options;
    const runtime = TrackerService.runtimeOf(this.tracker);
    if (requestContext === false || runtime.isOff) return;
    const context = new RequestContext(requestContext, runtime.scopes, runtime.normalizer, (field, error) => {
      runtime.fail(`requestContext.fields.${field}`, error, 'The event goes without this field.');
    });
    const { forRoutes = ['{*path}'], exclude = [] } = requestContext;
    if (requestContext.forRoutes === undefined && exclude.length === 0 && this.openForAll(context)) return;
    this.linkFastifyRequests();
    consumer
      .apply(context.middleware)
      .exclude(...(exclude as Parameters<ReturnType<MiddlewareConsumer['apply']>['exclude']>))
      .forRoutes(...(forRoutes as Routes));
  }

  /**
   * Nest looks at the path of each request for each middleware, which costs as much as all that is done in it. Where every
   * request gets a scope, it is opened without that: unless other modules have middleware, which Nest runs in an order that
   * this would change, and which may emit.
   * @returns whether it is done
   */
  private openForAll(context: RequestContext): boolean {
    const adapter = this.adapterHost?.httpAdapter as PlatformAdapter | undefined;
    if (adapter === undefined || this.hasOtherMiddleware()) return false;
    switch (adapter.getType?.()) {
      case 'express':
        adapter.use(context.middleware);
        return true;
      case 'fastify': {
        const fastify = adapter.getInstance() as FastifyLike;
        // A plugin that is there already has its own copy of the hooks: only Nest's middleware gets to its routes.
        if (hasEncapsulated(fastify)) return false;
        fastify.addHook('onRequest', context.hook as Parameters<FastifyLike['addHook']>[1]);
        return true;
      }
      default:
        return false;
    }
  }

  private hasOtherMiddleware(): boolean {
    for (const { instance } of this.container.values()) {
      if (instance instanceof TrackingShell) continue;
      if (typeof (instance as Partial<NestModule> | undefined)?.configure === 'function') return true;
    }
    return false;
  }

  /** Middleware on Fastify gets the raw request, while guards put the user on Fastify's own. */
  private linkFastifyRequests(): void {
    const adapter = this.adapterHost?.httpAdapter as PlatformAdapter | undefined;
    if (adapter?.getType?.() !== 'fastify') return;
    (adapter.getInstance() as FastifyLike).addHook('onRequest', (request, _reply, done) => {
      linkPlatformRequest(request.raw, request);
      done();
    });
  }
}

/** Whether Fastify has instances inside this one. It tells so under a symbol of its own only; if that is gone, nobody knows. */
function hasEncapsulated(fastify: object): boolean {
  const children = Object.getOwnPropertySymbols(fastify).find(({ description }) => description === 'fastify.children');
  const found: unknown = children === undefined ? undefined : Reflect.get(fastify, children);
  return !Array.isArray(found) || found.length > 0;
}
