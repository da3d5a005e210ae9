import { AsyncLocalStorage } from 'node:async_hooks';
import { ClsServiceManager } from 'nestjs-cls';
import type { RequestIdentity } from './request-fields';
import type { Scope } from './scope';

/** The scope of a request for one tracker. */
export interface ScopeOfRequest extends Scope {
  /** Reads the fields that are still needed, and releases the request. */
  release(): void;
  /**
   * Reads the request again, until the next release.
   * @param request the request as handlers see it
   */
  reopen(request: object): void;
}

/**
 * Data of one request: the scope that each tracker has opened for it. The store is created once and
 * stays the same object, because nested scopes use it to identify the request in which they were
 * opened.
 *
 * States: `open` -> `answered`, when the response and the handler have ended; -> `open`, while a
 * handler runs that began after that. An answered request keeps its scopes, for work that it has
 * started and that still runs, but neither its body nor its socket.
 */
export class RequestStore implements RequestIdentity {
  id: string | undefined;
  /** The first tracker that opened a scope; its scope is `firstScope`. */
  firstOwner: object | undefined;
  /**
   * True if the response was sent or the client has disconnected, and the handler has ended too.
   */
  isAnswered = false;
  /** The handler that Nest called last, including everything that Nest runs around it. */
  handling: Promise<unknown> | undefined;
  /** Store of nestjs-cls that is open for the rest of the request. */
  clsStore: object | undefined;
  private firstScope: ScopeOfRequest | undefined;
  /**
   * Scopes of all trackers except the first. Created for the second tracker only: most applications
   * have one, and a map per request would be garbage.
   */
  private others: Map<object, ScopeOfRequest> | undefined;

  open(owner: object, scope: ScopeOfRequest): void {
    if (this.firstOwner === undefined) {
      this.firstOwner = owner;
      this.firstScope = scope;
    } else {
      this.others ??= new Map();
      this.others.set(owner, scope);
    }
  }

  scopeOf(owner: object): Scope | undefined {
    return this.firstOwner === owner ? this.firstScope : this.others?.get(owner);
  }

  /**
   * Ends the request. Call it once the response has ended, after its last listener. A client may
   * disconnect while the handler still runs: until the handler has ended, its flow certainly
   * belongs to this request.
   */
  end(): void {
    const { handling } = this;
    const answered = (): void => {
      this.answered();
    };
    if (handling === undefined) answered();
    else handling.then(answered, answered);
  }

  /**
   * Reopens the request. Call it when code works on the request after its end, and call `end` again
   * afterwards.
   */
  reopen(request: object): void {
    this.isAnswered = false;
    this.firstScope?.reopen(request);
    if (this.others !== undefined) for (const scope of this.others.values()) scope.reopen(request);
  }

  private answered(): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.handling = undefined;
    this.firstScope?.release();
    if (this.others !== undefined) for (const scope of this.others.values()) scope.release();
  }
}

/**
 * Key of the store in nestjs-cls. nestjs-cls may be loaded twice (as ESM and CommonJS) with one
 * storage: a registered symbol is the same in both.
 */
const KEY = Symbol.for('nestjs-event-tracking:request');
const cls = ClsServiceManager.getClsService();
/**
 * Storage for the case that the application leaves the store of nestjs-cls: ClsGuard, `cls.exit`
 * and `ifNested: 'override'` replace it by an empty one.
 */
const requests = new AsyncLocalStorage<RequestStore>();

/**
 * Returns the store of the current request. The store in nestjs-cls has priority: an application
 * that carries it into another flow, for example through its own queue, intends to continue that
 * request there.
 */
export function currentRequestStore(): RequestStore | undefined {
  return cls.get<RequestStore | undefined>(KEY) ?? requests.getStore();
}

/** Returns the store object of nestjs-cls, if one is open. */
export function currentClsStore(): object | undefined {
  return cls.get();
}

/**
 * Property of the platform's request that holds its store, so that the store is found in every flow
 * in which the request appears.
 */
const STORE = Symbol('nestjs-event-tracking:store');

interface Holder {
  [STORE]?: RequestStore;
}

/** Stores the request's store on an object that belongs to the request, such as its response. */
export function keepStore(holder: object, store: RequestStore): void {
  (holder as Holder)[STORE] = store;
}

/**
 * Returns the store of a request; undefined if none was opened for it.
 * @param request the platform's own request (on Fastify, its `raw`) or response
 */
export function storeOf(request: object): RequestStore | undefined {
  return (request as Holder)[STORE];
}

/**
 * Runs the rest of a request with its own store. An existing store is never written to: it may be
 * inherited from the code that started the server, or left on a keep-alive connection by
 * `enterWith`, and would leak one user's context into the next request.
 * @param inherited the store that was open when the application started
 */
export function runInRequestStore(
  request: object,
  inherited: object | undefined,
  open: (store: RequestStore, isNew: boolean) => void,
  next: () => void,
): void {
  const found = storeOf(request);
  if (found !== undefined) {
    open(found, false);
    inRequest(found, next);
    return;
  }
  const store = new RequestStore();
  keepStore(request, store);
  open(store, true);
  const active = currentClsStore();
  // All requests share the store that was open at the start. Each request gets a copy, so that
  // values set by its guards stay in this request.
  const isOwn = active !== undefined && active !== inherited;
  store.clsStore = isOwn ? layered(active, store) : { ...active, [KEY]: store };
  enter(store, next);
}

/**
 * Runs code in the flow of a request; directly if that flow is the current one. A middleware that
 * continues from the callback of a shared connection moves the rest of its request into the flow of
 * another request, or into none.
 */
export function inRequest<Result>(store: RequestStore, code: () => Result): Result {
  return isCurrent(store) ? code() : enter(store, code);
}

/**
 * Runs code of a request that was given no scope. If the current flow belongs to another request
 * (see `inRequest`), the scope of that request is left, because nothing of it belongs to this one.
 */
export function inNoRequest<Result>(code: () => Result): Result {
  if (currentRequestStore() === undefined) return code();
  const active = currentClsStore();
  const leave = (): Result => (active === undefined ? code() : cls.runWith({ ...active, [KEY]: undefined }, code));
  return requests.run(undefined as never, leave);
}

/** True if the current flow belongs to that request; to none if it is undefined. */
export function isCurrent(store: RequestStore | undefined): boolean {
  return currentRequestStore() === store;
}

/**
 * Remembers the nestjs-cls store that the application has opened inside the request since, if the
 * current flow belongs to the request.
 */
export function keepClsStore(store: RequestStore): void {
  if (isCurrent(store)) store.clsStore = currentClsStore() ?? store.clsStore;
}

function enter<Result>(store: RequestStore, code: () => Result): Result {
  return requests.run(store, () => cls.runWith(store.clsStore as never, code));
}

/**
 * Returns a view of the store that the application has opened for this request with its own
 * ClsMiddleware, with the request store added for code that runs from here on. Values set by guards
 * and services are written into the application's store, where earlier code finds them.
 */
function layered(active: object, store: RequestStore): Record<symbol, unknown> {
  const ours: PropertyDescriptor = { value: store, enumerable: true, configurable: true, writable: true };
  return new Proxy(active, {
    get: (target, key) => (key === KEY ? store : (Reflect.get(target, key) as unknown)),
    has: (target, key) => key === KEY || key in target,
    // Nested stores begin with a copy of these keys. The target may already have the key, from an
    // earlier request.
    ownKeys: (target) => [...Reflect.ownKeys(target).filter((key) => key !== KEY), KEY],
    getOwnPropertyDescriptor: (target, key) => (key === KEY ? ours : Reflect.getOwnPropertyDescriptor(target, key)),
  }) as Record<symbol, unknown>;
}
