import type { Normalizer } from '../event/normalizer';
import { RequestFields, type OnFieldFault, type RequestContextOptions, type TrackedRequest } from './request-fields';
import { RequestScope } from './request-scope';
import { currentClsStore, runInRequestStore } from './request-store';
import type { TrackerScopes } from './tracker-scopes';

/**
 * FastifyRequest by the raw request, which is all that middleware is given there: guards put the user on the former. Weak, so
 * a request that is over is forgotten with its socket.
 */
const platformRequests = new WeakMap<object, object>();

/** To be called for each request of Fastify, as soon as it has one: `fastify.addHook('onRequest', ...)`. */
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
  }

  /** A plain function: Nest builds a class middleware through its injector, which costs a fifth of Fastify's throughput. */
  readonly middleware = (request: TrackedRequest, _response: unknown, next: () => void): void => {
    const now = (): TrackedRequest => (platformRequests.get(request) as TrackedRequest | undefined) ?? request;
    runInRequestStore(
      request,
      this.inherited,
      (store) => {
        this.scopes.openRequest(
          store,
          (parent) => new RequestScope(parent, request, now, this.fields, this.normalizer),
        );
      },
      next,
    );
  };
}
