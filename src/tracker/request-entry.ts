/**
 * Nest runs middleware, guards, interceptors, handlers and filters in whatever flow the request is
 * passed on in. A middleware that goes on from the callback of a shared connection brings it into
 * the flow of another request, or into none. The request itself is at hand each time, so each of
 * these is begun in the request's own flow.
 */
import { types } from 'node:util';
import { inNoRequest, inRequest, isCurrent, keepClsStore, storeOf, type RequestStore } from '../context/request-store';
import { copyProperty, imitate } from './imitate';

type Handler = (this: unknown, ...args: unknown[]) => unknown;
type Register = (...args: unknown[]) => unknown;

/**
 * What is used of an HTTP adapter of Nest: methods that take a handler, and one that gives such a
 * method.
 */
export interface RoutingAdapter {
  createMiddlewareFactory(method: unknown): Register | Promise<Register>;
}

const REGISTERING = [
  ...['get', 'post', 'put', 'delete', 'patch', 'all', 'options', 'head', 'search', 'query'],
  ...['propfind', 'proppatch', 'mkcol', 'copy', 'move', 'lock', 'unlock'],
  ...['setErrorHandler', 'setNotFoundHandler'],
];
/** Platforms tell a handler of errors, which gets the error first, by its number of parameters. */
const PARAMETERS_OF_ERROR_HANDLER = 4;

const prepared = new WeakSet<object>();

/**
 * To be called before Nest registers routes. Acts once for each adapter, however many trackers
 * there are.
 */
export function enterRequests(adapter: RoutingAdapter): void {
  if (prepared.has(adapter)) return;
  prepared.add(adapter);
  const members = adapter as unknown as Record<string, Register | undefined>;
  for (const name of REGISTERING) {
    const register = members[name];
    if (typeof register !== 'function') continue;
    members[name] = (...args) => Reflect.apply(register, adapter, args.map(entering));
  }
  const create = adapter.createMiddlewareFactory.bind(adapter);
  adapter.createMiddlewareFactory = (method) => {
    const made = create(method);
    return made instanceof Promise ? made.then(forMiddleware) : forMiddleware(made);
  };
}

function forMiddleware(register: Register): Register {
  return (path, handler, ...rest) => register(path, entering(noting(handler)), ...rest);
}

/**
 * Between two middlewares, the application's own ClsMiddleware may have laid its store over ours.
 */
function noting(handler: unknown): unknown {
  if (typeof handler !== 'function') return handler;
  const wrapper: Handler = function (request, ...rest) {
    const store = ofRequest(request);
    if (store !== undefined) keepClsStore(store);
    return Reflect.apply(handler, this, [request, ...rest]);
  };
  imitate(handler, wrapper);
  copyProperty(handler, wrapper, 'name');
  return wrapper;
}

function entering(handler: unknown): unknown {
  if (typeof handler !== 'function') return handler;
  const wrapper =
    handler.length === PARAMETERS_OF_ERROR_HANDLER ? enteringAfterError(handler) : enteringAtOnce(handler);
  imitate(handler, wrapper);
  copyProperty(handler, wrapper, 'name');
  return wrapper;
}

/** Written out: it is called for each request, and almost always in the right flow already. */
function enteringAtOnce(handler: object): Handler {
  const handle = handler as Handler;
  return function (request, response, next) {
    const store = ofRequest(request);
    if (store === undefined) return inNoRequest(() => handle.call(this, request, response, next));
    const result = isCurrent(store)
      ? handle.call(this, request, response, next)
      : inRequest(store, () => handle.call(this, request, response, next));
    if (types.isPromise(result)) store.handling = result;
    return result;
  };
}

function enteringAfterError(handler: object): Handler {
  const handle = handler as Handler;
  return function (error, request, response, next) {
    const run = (): unknown => handle.call(this, error, request, response, next);
    const store = ofRequest(request);
    return store === undefined ? inNoRequest(run) : inRequest(store, run);
  };
}

/** The store of a request, if it has one. @param request of Express, or of Fastify with the platform's own in `raw` */
export function ofRequest(request: unknown): RequestStore | undefined {
  if (typeof request !== 'object' || request === null) return undefined;
  return storeOf((request as { readonly raw?: object }).raw ?? request);
}
