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
const mounting = new WeakSet<object>();
/** Functions that enter their request themselves, or open it. */
const entered = new WeakSet<object>();

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
    members[name] = (...args) => Reflect.apply(register, adapter, args.map(enteringHandler));
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
 * The application's own `app.use`. To be called as early as possible: what it has mounted already
 * stays as it is.
 */
export function enterMiddleware(adapter: { use?: Register }): void {
  const { use } = adapter;
  if (use === undefined || mounting.has(adapter)) return;
  mounting.add(adapter);
  adapter.use = (...args) => Reflect.apply(use, adapter, args.map(enteringAll));
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
  return like(handler, wrapper, false);
}

/** Leaves a function as it is that opens the scope of a request, and so cannot enter it. */
export function exempt<Fn extends object>(handler: Fn): Fn {
  entered.add(handler);
  return handler;
}

/** `app.use` takes lists as well. */
function enteringAll(argument: unknown): unknown {
  return Array.isArray(argument) ? argument.map(enteringAll) : entering(argument);
}

/** A middleware gets the request first, or second after an error. */
function entering(fn: unknown): unknown {
  return canEnter(fn) && fn.length === PARAMETERS_OF_ERROR_HANDLER
    ? like(fn, enteringAfterError(fn))
    : enteringAtOnce(fn);
}

/**
 * Makes a function that gets the request first enter the flow of that request. Returns anything
 * else as it is.
 */
export function enteringAtOnce(fn: unknown): unknown {
  return canEnter(fn) ? like(fn, inItsRequest(fn)) : fn;
}

/** The same for a function whose promise is the end of all that Nest does for the request. */
function enteringHandler(fn: unknown): unknown {
  if (!canEnter(fn)) return fn;
  return like(fn, fn.length === PARAMETERS_OF_ERROR_HANDLER ? enteringAfterError(fn) : handling(fn));
}

function canEnter(fn: unknown): fn is Handler {
  return typeof fn === 'function' && !entered.has(fn) && !isApplication(fn);
}

/** Express mounts another application in another way than a function. */
function isApplication(handler: object): boolean {
  const { handle, set } = handler as { handle?: unknown; set?: unknown };
  return typeof handle === 'function' && typeof set === 'function';
}

function like(handler: object, wrapper: Handler, isEntered = true): Handler {
  imitate(handler, wrapper);
  copyProperty(handler, wrapper, 'name');
  if (isEntered) entered.add(wrapper);
  return wrapper;
}

/** Written out: it is called for each request, and almost always in the right flow already. */
function handling(handler: Handler): Handler {
  return function (request, response, next) {
    const store = ofRequest(request);
    if (store === undefined) return inNoRequest(() => handler.call(this, request, response, next));
    if (store.isAnswered) return reopened(store, request, () => handler.call(this, request, response, next));
    const result = isCurrent(store)
      ? handler.call(this, request, response, next)
      : inRequest(store, () => handler.call(this, request, response, next));
    if (types.isPromise(result)) store.handling = result;
    return result;
  };
}

function inItsRequest(fn: Handler): Handler {
  return function (request, ...rest) {
    const store = ofRequest(request);
    if (store === undefined) return inNoRequest(() => fn.call(this, request, ...rest));
    if (store.isAnswered) return reopened(store, request, () => fn.call(this, request, ...rest));
    return isCurrent(store) ? fn.call(this, request, ...rest) : inRequest(store, () => fn.call(this, request, ...rest));
  };
}

function enteringAfterError(handler: Handler): Handler {
  return function (error, request, response, next) {
    const run = (): unknown => handler.call(this, error, request, response, next);
    const store = ofRequest(request);
    return store === undefined ? inNoRequest(run) : inRequest(store, run);
  };
}

/**
 * The client has left before a hook, a middleware or a handler began, which works all the same: its
 * guards still put the user on the request.
 */
function reopened(store: RequestStore, request: unknown, run: () => unknown): unknown {
  store.reopen(request as object);
  let result: unknown;
  try {
    result = inRequest(store, run);
    if (types.isPromise(result)) store.handling = result;
    return result;
  } finally {
    store.end();
  }
}

/** The store of a request, if it has one. @param request of Express, or of Fastify with the platform's own in `raw` */
export function ofRequest(request: unknown): RequestStore | undefined {
  if (typeof request !== 'object' || request === null) return undefined;
  return storeOf((request as { readonly raw?: object }).raw ?? request);
}
