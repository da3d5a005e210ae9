import type { Normalizer } from '../event/normalizer';
import type { RequestContextOptions } from './request-context-options';
import { RequestFields, type OnFieldFault, type TrackedRequest } from './request-fields';
import { RequestScope } from './request-scope';
import { bindRequest } from './bound-request';
import { currentClsStore, runInRequestStore } from './request-store';
import type { TrackerScopes } from './tracker-scopes';

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
    this.open(request, response, request, next);
  };

  /** Fastify hook for `onRequest`. */
  readonly hook = (
    request: TrackedRequest & { readonly raw: object },
    reply: { readonly raw: unknown },
    done: () => void,
  ): void => {
    this.open(request.raw, reply.raw, request, done);
  };

  /** @param request the request as middleware or hooks get it: on Fastify, hooks get its own */
  private open(raw: object, response: unknown, request: TrackedRequest, next: () => void): void {
    runInRequestStore(
      raw,
      this.inherited,
      (store, isNew) => {
        if (isNew) bindRequest(raw, response, store);
        const { fields, normalizer } = this;
        this.scopes.openRequest(
          store,
          (parent) => new RequestScope(parent, fields.enter(request, store), request, fields, normalizer),
        );
      },
      next,
    );
  }
}
