/**
 * Runs middleware, guards, interceptors, handlers and filters in the flow of the request they
 * handle.
 * Nest runs them in whatever flow the request is passed on in. A middleware that continues from the
 * callback of a shared connection brings the request into the flow of another request, or into
 * none. Each of these functions receives the request, so each enters the flow of that request
 * first.
 */
import { types } from 'node:util';
import { inNoRequest, inRequest, isCurrent, keepClsStore, storeOf, type RequestStore } from '../context/request-store';
import { copyProperty, imitate } from './imitate';

type Handler = (this: unknown, ...args: unknown[]) => unknown;
type Register = (...args: unknown[]) => unknown;

/**
 * Parts of a Nest HTTP adapter that this module uses: methods that register a handler, and a
 * factory for such methods.
 */
export interface RoutingAdapter {
  createMiddlewareFactory(method: unknown): Register | Promise<Register>;
}

const REGISTERING = [
  ...['get', 'post', 'put', 'delete', 'patch', 'all', 'options', 'head', 'search', 'query'],
  ...['propfind', 'proppatch', 'mkcol', 'copy', 'move', 'lock', 'unlock'],
  ...['setErrorHandler', 'setNotFoundHandler'],
];
/**
 * Platforms recognize an error handler, whose first argument is the error, by its number of
 * parameters.
 */
const PARAMETERS_OF_ERROR_HANDLER = 4;

const prepared = new WeakSet<object>();
const mounting = new WeakSet<object>();
/** Functions that enter their request themselves, or open it. */
const entered = new WeakSet<object>();

/**
 * Makes handlers and middleware that Nest registers enter their request. Call this function before
 * Nest registers routes. It acts once per adapter, regardless of the number of trackers.
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
 * Makes middleware of the application's own `app.use` enter its request. Call this function as
 * early as possible: middleware that is already mounted stays unchanged.
 */
export function enterMiddleware(adapter: { use?: Register }): void {
  const { use } = adapter;
  if (use === undefined || mounting.has(adapter)) return;
  mounting.add(adapter);
  adapter.use = (...args) => Reflect.apply(use, adapter, args.map(enteringAll));
}

/**
 * Saves the store of ClsMiddleware before the handler runs. The application's own ClsMiddleware may
 * have replaced the store between two middlewares.
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

/** Exempts a function that opens the scope of a request, and therefore cannot enter it. */
export function exempt<Fn extends object>(handler: Fn): Fn {
  entered.add(handler);
  return handler;
}

/** Wraps an argument of `app.use`, which also accepts lists. */
function enteringAll(argument: unknown): unknown {
  return Array.isArray(argument) ? argument.map(enteringAll) : entering(argument);
}

/** Wraps a middleware. The request is its first argument, or its second after an error. */
function entering(fn: unknown): unknown {
  return canEnter(fn) && fn.length === PARAMETERS_OF_ERROR_HANDLER
    ? like(fn, enteringAfterError(fn))
    : enteringAtOnce(fn);
}

/**
 * Makes a function whose first argument is the request enter the flow of that request. Returns any
 * other value unchanged.
 */
export function enteringAtOnce(fn: unknown): unknown {
  return canEnter(fn) ? like(fn, inItsRequest(fn)) : fn;
}

/** Wraps a handler whose promise marks the end of all work that Nest does for the request. */
function enteringHandler(fn: unknown): unknown {
  if (!canEnter(fn)) return fn;
  return like(fn, fn.length === PARAMETERS_OF_ERROR_HANDLER ? enteringAfterError(fn) : handling(fn));
}

function canEnter(fn: unknown): fn is Handler {
  return typeof fn === 'function' && !entered.has(fn) && !isApplication(fn);
}

/** Detects an Express application, which Express mounts differently from a function. */
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

/**
 * Wraps a handler. Written out for speed: it runs for each request, and is almost always in the
 * right flow already.
 */
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
    // Functions that run before the scope is opened are the most frequent case without one.
    if (store === undefined)
      return isCurrent(undefined)
        ? fn.call(this, request, ...rest)
        : inNoRequest(() => fn.call(this, request, ...rest));
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
 * Runs a function for a request whose client left before the function began. The function still
 * works: guards still put the user on the request.
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

/**
 * Returns the store of a request, if it has one.
 * @param request an Express request, or a Fastify request with the platform's own in `raw`
 */
export function ofRequest(request: unknown): RequestStore | undefined {
  if (typeof request !== 'object' || request === null) return undefined;
  return storeOf((request as { readonly raw?: object }).raw ?? request);
}
