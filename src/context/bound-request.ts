import type { EventEmitter } from 'node:events';
import { boundFunction } from './bound-emitter';
import { currentFlow } from './flow';
import { inRequest, isCurrent, keepStore, storeOf, type RequestStore } from './request-store';

/** Prototype objects of an Express application: the parents of all its requests and responses. */
export interface PlatformPrototypes {
  readonly response?: unknown;
}

/**
 * Wraps the methods that `bindRequest` would otherwise wrap on each response of an application.
 * Properties that are added to a response whose prototype Express has changed are expensive
 * (docs/decisions/0316). `emit` stays a property of each object: it must also hold for a response
 * that the application passes on to another Express application, which changes the prototype again.
 */
export function bindPrototypes({ response }: PlatformPrototypes): void {
  if (!isEmitter(response)) return;
  for (const method of takingCallbacks) method.replaceOn(response);
}

/**
 * Makes a request and its response emit their events in the flow of the request.
 *
 * Node emits these events in the flow that caused them: the parser of the connection, the previous
 * response on a pipelined connection, or the socket that was closed. Their listeners (a body
 * parser, an access log on 'finish') belong to the request, so both objects emit in its flow.
 * Callbacks passed to a method of the response also run in this flow.
 */
export function bindRequest(request: unknown, response: unknown, store: RequestStore): void {
  if (isEmitter(request)) emitOfRequest.replaceOn(request);
  if (!isEmitter(response)) return;
  // Node's responses have their request: a property of their own is expensive on Express.
  if (requestOf(response) !== request) keepStore(response, store);
  emitOfResponse.replaceOn(response);
  for (const method of takingCallbacks) method.replaceOn(response);
}

type Method = (this: object, ...args: unknown[]) => unknown;

function requestOf(response: object): unknown {
  return (response as { readonly req?: unknown }).req;
}

/** Returns the store of a request, or of the request that a response answers. */
function storeIn(object: object): RequestStore | undefined {
  const request = requestOf(object);
  return storeOf(object) ?? (typeof request === 'object' && request !== null ? storeOf(request) : undefined);
}

/**
 * Replaces one method of each request or response by its wrapper. A method of the class has one
 * wrapper for all requests, which finds the store on the object: with a closure per request as a
 * property, V8 keeps many finished requests until its next full garbage collection
 * (docs/decisions/0315).
 */
class BoundMethod {
  private readonly known = new WeakMap<Method, Method>();
  private readonly wrappers = new WeakSet<Method>();
  /** The method that was replaced last. Almost all requests have the same class. */
  private last: Method | undefined;
  private lastWrapper: Method | undefined;

  constructor(
    private readonly name: string,
    private readonly wrap: (method: Method) => Method,
  ) {}

  /** Replaces the method unless it is a wrapper already, which an object may inherit. */
  replaceOn(object: object): void {
    const members = object as Record<string, Method | undefined>;
    const method = members[this.name];
    if (typeof method !== 'function' || method === this.lastWrapper) return;
    if (method === this.last) members[this.name] = this.lastWrapper;
    else if (!this.wrappers.has(method)) members[this.name] = this.wrapperOf(method, members);
  }

  private wrapperOf(method: Method, members: object): Method {
    // A method of the object itself may hold the request, and a map entry would keep both.
    if (Object.hasOwn(members, this.name)) return this.newWrapper(method);
    const wrapper = this.known.get(method) ?? this.newWrapper(method);
    this.known.set(method, wrapper);
    this.last = method;
    this.lastWrapper = wrapper;
    return wrapper;
  }

  private newWrapper(method: Method): Method {
    const wrapper = this.wrap(method);
    this.wrappers.add(wrapper);
    return wrapper;
  }
}

/**
 * Wraps a method so that its callback runs in the flow of the request. The callback is the last
 * argument, if there is one.
 */
function withBoundCallback(method: Method): Method {
  return function (...args) {
    const callback = args.at(-1);
    const store = typeof callback === 'function' ? storeIn(this) : undefined;
    if (store !== undefined) args[args.length - 1] = boundFunction(callback as Callback, inRequest(store, currentFlow));
    return Reflect.apply(method, this, args);
  };
}

type Callback = (...args: never[]) => unknown;

function boundEmit(emit: Method): Method {
  return function (...args) {
    const store = storeIn(this);
    // Most events have no listeners, and entering a flow is the most expensive part of this
    // function.
    if (store === undefined || !hasListeners(this, args[0]) || isCurrent(store)) return Reflect.apply(emit, this, args);
    return inRequest(store, () => Reflect.apply(emit, this, args));
  };
}

/** Wraps `emit` of a response, whose `close` ends the request. */
function boundLastEmit(method: Method): Method {
  const emit = boundEmit(method);
  return function (...args) {
    if (args[0] !== 'close') return Reflect.apply(emit, this, args);
    try {
      return Reflect.apply(emit, this, args);
    } finally {
      storeIn(this)?.end();
    }
  };
}

function hasListeners(emitter: object, event: unknown): boolean {
  return (emitter as EventEmitter).listenerCount(event as string) > 0;
}

const emitOfRequest = new BoundMethod('emit', boundEmit);
const emitOfResponse = new BoundMethod('emit', boundLastEmit);
const takingCallbacks = ['write', 'end', 'writeContinue', 'writeProcessing', 'writeEarlyHints'].map(
  (name) => new BoundMethod(name, withBoundCallback),
);

function isEmitter(value: unknown): value is EventEmitter {
  const { emit, listenerCount } = (value ?? {}) as Partial<EventEmitter>;
  return typeof emit === 'function' && typeof listenerCount === 'function';
}
