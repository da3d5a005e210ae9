import type { EventEmitter } from 'node:events';
import { boundFunction } from './bound-emitter';
import { currentFlow } from './flow';
import { inRequest, isCurrent, storeOf, type RequestStore } from './request-store';

/**
 * Makes a request and its response emit their events in the flow of the request.
 *
 * Node emits these events in the flow that caused them: the parser of the connection, the previous
 * response on a pipelined connection, or the socket that was closed. Their listeners (a body
 * parser, an access log on 'finish') belong to the request, so both objects emit in its flow.
 * Callbacks passed to a method of the response also run in this flow.
 */
export function bindRequest(request: unknown, response: unknown, store: RequestStore): void {
  if (isEmitter(request)) bindEmit(request, store, undefined);
  if (!isEmitter(response)) return;
  bindEmit(response, store, 'close');
  for (const name of TAKING_CALLBACKS) bindCallbacks(response as unknown as Response, name);
}

const TAKING_CALLBACKS = ['write', 'end', 'writeContinue', 'writeProcessing', 'writeEarlyHints'] as const;

type Method = (this: { readonly req?: object }, ...args: unknown[]) => unknown;
type Response = Record<(typeof TAKING_CALLBACKS)[number], Method | undefined>;

/** One wrapper per method, not per response: most methods come from a class. */
const callbackBound = new WeakMap<Method, Method>();

function bindCallbacks(response: Response, name: keyof Response): void {
  const method = response[name];
  if (typeof method !== 'function') return;
  const known = callbackBound.get(method) ?? withBoundCallback(method);
  callbackBound.set(method, known);
  response[name] = known;
}

/**
 * Wraps a method so that its callback runs in the flow of the request. The callback is the last
 * argument, if there is one.
 */
function withBoundCallback(method: Method): Method {
  return function (...args) {
    const callback = args.at(-1);
    const store = typeof callback === 'function' && this.req !== undefined ? storeOf(this.req) : undefined;
    if (store !== undefined) args[args.length - 1] = boundFunction(callback as Callback, inRequest(store, currentFlow));
    return Reflect.apply(method, this, args);
  };
}

type Callback = (...args: never[]) => unknown;

/** @param last name of the event after which the request has ended */
function bindEmit(emitter: EventEmitter, store: RequestStore, last: string | undefined): void {
  const emit = Reflect.get(emitter, 'emit') as (...args: unknown[]) => boolean;
  emitter.emit = function (event, ...args: unknown[]) {
    try {
      // Most events have no listeners, and entering a flow is the most expensive part of this
      // function.
      if (this.listenerCount(event) === 0 || isCurrent(store)) return emit.call(this, event, ...args);
      return inRequest(store, () => emit.call(this, event, ...args));
    } finally {
      if (event === last) store.end();
    }
  };
}

function isEmitter(value: unknown): value is EventEmitter {
  const { emit, listenerCount } = (value ?? {}) as Partial<EventEmitter>;
  return typeof emit === 'function' && typeof listenerCount === 'function';
}
