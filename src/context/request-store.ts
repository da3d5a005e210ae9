import { AsyncLocalStorage } from 'node:async_hooks';
import { ClsServiceManager } from 'nestjs-cls';
import type { RequestIdentity } from './request-fields';
import type { Scope } from './scope';

/** The scope of a request. */
export interface ScopeOfRequest extends Scope {
  /** Reads what it still needs of the request, and lets go of it. */
  release(): void;
  /** Reads the request again, until the next release. @param request as handlers see it */
  reopen(request: object): void;
}

/**
 * What one request carries: the scope that each tracker has opened for it. It is set once and stays
 * the same object, since it is also by what a nested scope knows the request it was opened in.
 *
 * States: open -> answered, when the response and the handler are over; -> open, while a handler works that began after that.
 * An answered request keeps its scopes, for work that it has started and that goes on, but neither its body nor its socket.
 */
export class RequestStore implements RequestIdentity {
  id: string | undefined;
  /** The first tracker, and its scope. */
  firstOwner: object | undefined;
  /** Whether the response is over, sent or given up by the client, and the handler too. */
  isAnswered = false;
  /** The handler that Nest has called last, with all that it does around it. */
  handling: Promise<unknown> | undefined;
  /** The store of nestjs-cls that is open for the rest of the request. */
  clsStore: object | undefined;
  private firstScope: ScopeOfRequest | undefined;
  /**
   * Made for the second tracker: most applications have one, and a map for each request is garbage.
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
   * To be called once the response is over, after its last listener. A client may go away while the
   * handler is still at work: until that has ended, its flow is this request's without a doubt.
   */
  end(): void {
    const { handling } = this;
    const answered = (): void => {
      this.answered();
    };
    if (handling === undefined) answered();
    else handling.then(answered, answered);
  }

  /** To be called where the request is worked on after its end; `end` is to be called again. */
  reopen(request: object): void {
    this.isAnswered = false;
    this.firstScope?.reopen(request);
    for (const scope of this.others?.values() ?? []) scope.reopen(request);
  }

  private answered(): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.handling = undefined;
    this.firstScope?.release();
    for (const scope of this.others?.values() ?? []) scope.release();
  }
}

/**
 * nestjs-cls may be there twice (as ESM and CommonJS), over one store: a registered symbol is the
 * same in both.
 */
const KEY = Symbol.for('nestjs-event-tracking:request');
const cls = ClsServiceManager.getClsService();
/**
 * For when the application leaves the store of nestjs-cls: ClsGuard, `cls.exit` and `ifNested:
 * 'override'` put an empty one in its place.
 */
const requests = new AsyncLocalStorage<RequestStore>();

/**
 * That of nestjs-cls comes first: an application that carries its store into another flow, through
 * a queue of its own say, means to go on with that request there.
 */
export function currentRequestStore(): RequestStore | undefined {
  return cls.get<RequestStore | undefined>(KEY) ?? requests.getStore();
}

/** The store object of nestjs-cls itself, if one is open. */
export function currentClsStore(): object | undefined {
  return cls.isActive() ? cls.get() : undefined;
}

/**
 * Under which the platform's own request holds its store, so that it is found in whatever flow the
 * request turns up.
 */
const STORE = Symbol('nestjs-event-tracking:store');

interface Holder {
  [STORE]?: RequestStore;
}

/**
 * The store of a request; undefined if none was opened for it. @param request the platform's own:
 * of Fastify, its `raw`
 */
export function storeOf(request: object): RequestStore | undefined {
  return (request as Holder)[STORE];
}

/**
 * Runs the rest of a request with a store of its own. Nothing is ever written into a store that is
 * there already: it may be inherited from where the server was started, or left on a keep-alive
 * connection by `enterWith`, and would hand one user's context to the next request.
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
  (request as Holder)[STORE] = store;
  open(store, true);
  const active = currentClsStore();
  // What was open at the start is everybody's: each request gets its copy, so that what guards set
  // there stays its own.
  const isOwn = active !== undefined && active !== inherited;
  store.clsStore = isOwn ? layered(active, store) : { ...active, [KEY]: store };
  enter(store, next);
}

/**
 * Runs code in the flow of a request: as it is where that is the current one. A middleware that
 * goes on from the callback of a shared connection brings the rest of its request into the flow of
 * another, or into none.
 */
export function inRequest<Result>(store: RequestStore, code: () => Result): Result {
  return isCurrent(store) ? code() : enter(store, code);
}

/**
 * Runs code of a request that was given no scope. If this is the flow of another, which it has come
 * into as above, that one's scope is left: nothing of it belongs to this request.
 */
export function inNoRequest<Result>(code: () => Result): Result {
  if (currentRequestStore() === undefined) return code();
  const active = currentClsStore();
  const leave = (): Result => (active === undefined ? code() : cls.runWith({ ...active, [KEY]: undefined }, code));
  return requests.run(undefined as never, leave);
}

/** Whether this is the flow of that request. */
export function isCurrent(store: RequestStore): boolean {
  return currentRequestStore() === store;
}

/**
 * Remembers what the application has laid over the request's store of nestjs-cls since, where this
 * is the request's flow.
 */
export function keepClsStore(store: RequestStore): void {
  if (isCurrent(store)) store.clsStore = currentClsStore() ?? store.clsStore;
}

function enter<Result>(store: RequestStore, code: () => Result): Result {
  return requests.run(store, () => cls.runWith(store.clsStore as never, code));
}

/**
 * The store that an application has opened for this request with its own ClsMiddleware, and ours in
 * it for whoever looks from here on. What guards and services set goes into the application's,
 * where those before us find it.
 */
function layered(active: object, store: RequestStore): Record<symbol, unknown> {
  const ours: PropertyDescriptor = { value: store, enumerable: true, configurable: true, writable: true };
  return new Proxy(active, {
    get: (target, key) => (key === KEY ? store : (Reflect.get(target, key) as unknown)),
    has: (target, key) => key === KEY || key in target,
    // For the copies that nested stores begin with. It may hold our key already, from a request
    // before it.
    ownKeys: (target) => [...Reflect.ownKeys(target).filter((key) => key !== KEY), KEY],
    getOwnPropertyDescriptor: (target, key) => (key === KEY ? ours : Reflect.getOwnPropertyDescriptor(target, key)),
  }) as Record<symbol, unknown>;
}
