import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import type { ExternalContextCreator, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { bindPrototypes, type PlatformPrototypes } from '../context/bound-request';
import { RequestContext } from '../context/request-context';
import { linkPlatformRequest } from '../context/request-scope';
import { bindEnhancers } from '../tracker/bound-enhancers';
import { bindClients } from '../tracker/bound-results';
import { enterHooks, type FastifyLike } from '../tracker/fastify-entry';
import { enterMiddleware, enterRequests, exempt, type RoutingAdapter } from '../tracker/request-entry';
import type { Settings } from './settings';
import { runtimeOf } from '../tracker/runtime-of';
import type { TrackerService } from '../tracker/tracker.service';

type Routes = Parameters<ReturnType<MiddlewareConsumer['apply']>['forRoutes']>;

type OnRequest = (request: { raw: object }, reply: { raw: unknown }, done: () => void) => void;

interface PlatformAdapter extends RoutingAdapter {
  getType?(): string;
  getInstance(): unknown;
  use(...middleware: unknown[]): unknown;
}

/**
 * Opens a scope for each request: directly on Express or Fastify if possible, because that is
 * faster, otherwise in a Nest middleware. Also binds Nest's enhancers and clients to the scope.
 * Does nothing if `requestContext` is false or the tracker is off.
 */
export abstract class TrackingShell implements NestModule {
  constructor(
    private readonly tracker: TrackerService,
    private readonly settings: Settings,
    private readonly adapterHost: HttpAdapterHost | undefined,
    private readonly container: ModulesContainer,
    creator: ExternalContextCreator,
  ) {
    if (!this.opensScopes) return;
    if (!bindEnhancers(creator)) this.warnOfUnboundStreams();
    this.enterPlatform(); // usually before main.ts mounts its middleware
  }

  configure(consumer: MiddlewareConsumer): void {
    const { requestContext = {} } = this.settings.options;
    if (requestContext === false || !this.opensScopes) return;
    const { scopes, normalizer, failures } = runtimeOf(this.tracker).parts;
    bindClients(this.container);
    this.enterPlatform();
    if (this.adapter?.createMiddlewareFactory !== undefined) enterRequests(this.adapter);
    const context = new RequestContext(requestContext, scopes, normalizer, (field, error) => {
      failures.report(`requestContext.fields.${field}`, error, 'The event goes without this field.');
    });
    const { forRoutes = ['{*path}'], exclude = [] } = requestContext;
    if (requestContext.forRoutes === undefined && exclude.length === 0 && this.openForAll(context)) return;
    this.linkFastifyRequests();
    consumer
      .apply(context.middleware)
      .exclude(...(exclude as Parameters<ReturnType<MiddlewareConsumer['apply']>['exclude']>))
      .forRoutes(...(forRoutes as Routes));
  }

  private get opensScopes(): boolean {
    return this.settings.options.requestContext !== false && !runtimeOf(this.tracker).isOff;
  }

  private enterPlatform(): void {
    const { adapter } = this;
    if (adapter === undefined) return;
    enterMiddleware(adapter);
    const type = adapter.getType?.();
    if (type === 'fastify') enterHooks(adapter.getInstance() as FastifyLike);
    if (type === 'express') bindPrototypes(adapter.getInstance() as PlatformPrototypes);
  }

  private warnOfUnboundStreams(): void {
    runtimeOf(this.tracker).parts.notices.once(
      'unbound streams',
      () =>
        'this version of Nest runs interceptors and guards differently from versions 11 and 12, so events that are emitted in ' +
        'an Observable that requests share may carry the context of another request. Fix: use Nest 11 or 12, or tracker.bind(stream).',
    );
  }

  private get adapter(): PlatformAdapter | undefined {
    // null in an application context, which has no platform
    return (this.adapterHost?.httpAdapter as PlatformAdapter | null | undefined) ?? undefined;
  }

  /**
   * Opens the scope for all requests without Nest's middleware, if possible. Nest matches the path
   * of each request for each middleware: on Fastify, a scope opened in a middleware took 12 µs, and
   * 5 µs in a hook (docs/internals/benchmarks-http.md). So if every request gets a scope, it is
   * opened on the platform. An exception is an application whose modules have other middleware:
   * that may emit, and Nest runs it in an order that this would change.
   * @returns true if the scope is opened this way
   */
  private openForAll(context: RequestContext): boolean {
    const { adapter } = this;
    if (adapter === undefined || this.hasOtherMiddleware()) return false;
    switch (adapter.getType?.()) {
      case 'express':
        adapter.use(exempt(context.middleware));
        return true;
      case 'fastify':
        (adapter.getInstance() as FastifyLike).addHook('onRequest', exempt(context.hook));
        return true;
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

  /**
   * Links the raw request to Fastify's request. Middleware on Fastify gets the raw request, while
   * guards put the user on Fastify's own.
   */
  private linkFastifyRequests(): void {
    const { adapter } = this;
    if (adapter?.getType?.() !== 'fastify') return;
    const link: OnRequest = (request, _reply, done) => {
      linkPlatformRequest(request.raw, request);
      done();
    };
    (adapter.getInstance() as FastifyLike).addHook('onRequest', exempt(link));
  }
}
