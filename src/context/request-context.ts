import type { Normalizer } from '../event/normalizer';
import type { RequestContextOptions } from './request-context-options';
import { RequestFields, type OnFieldFault, type TrackedRequest } from './request-fields';
import { RequestScope } from './request-scope';
import { bindRequest } from './bound-request';
import { currentClsStore, runInRequestStore } from './request-store';
import type { TrackerScopes } from './tracker-scopes';

/**
 * FastifyRequest by raw request. On Fastify, middleware gets only the raw request, but guards set
 * the user on the FastifyRequest. The map is weak, so an ended request is collected together with
 * its raw request.
 */
const platformRequests = new WeakMap<object, object>();

/**
 * Links a raw request to its FastifyRequest. Call it for each Fastify request whose scope is opened
 * by middleware, as soon as both exist.
 */
export function linkPlatformRequest(raw: object, platform: object): void {
  platformRequests.set(raw, platform);
}

/** Opens the scope of each request for one tracker. */
export class RequestContext {
  private readonly fields: RequestFields;
  private readonly inherited = currentClsStore();

  constructor(
    options: RequestContextOptions,
    private readonly scopes: TrackerScopes,
    private readonly normalizer: Normalizer,
    onFault: OnFieldFault,
  ) {
    this.fields = new RequestFields(options, onFault);
    scopes.afterResponse = options.afterResponse;
  }

  /**
   * Nest middleware. A plain function, because Nest builds a class middleware through its injector,
   * which costs a fifth of Fastify's throughput.
   */
  readonly middleware = (request: TrackedRequest, response: unknown, next: () => void): void => {
    this.open(request, response, request, undefined, next);
  };

  /** Fastify hook for `onRequest`. */
  readonly hook = (
    request: TrackedRequest & { readonly raw: object },
    reply: { readonly raw: unknown },
    done: () => void,
  ): void => {
    this.open(request.raw, reply.raw, request, request, done);
  };

  private open(
    raw: object,
    response: unknown,
    entering: TrackedRequest,
    platform: TrackedRequest | undefined,
    next: () => void,
  ): void {
    runInRequestStore(
      raw,
      this.inherited,
      (store, isNew) => {
        if (isNew) bindRequest(raw, response, store);
        const { fields, normalizer } = this;
        const now = (): TrackedRequest =>
          platform ?? (platformRequests.get(raw) as TrackedRequest | undefined) ?? entering;
        this.scopes.openRequest(
          store,
          (parent) => new RequestScope(parent, fields.enter(entering, store), now, fields, normalizer),
        );
      },
      next,
    );
  }
}
