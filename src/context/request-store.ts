import { AsyncLocalStorage } from 'node:async_hooks';
import { ClsServiceManager } from 'nestjs-cls';
import type { RequestIdentity } from './request-fields';
import type { Scope } from './scope';

/**
 * What one request carries: the scope that each tracker has opened for it. It is set once and stays the same object, since it
 * is also by what a nested scope knows the request it was opened in.
 */
export class RequestStore implements RequestIdentity {
  id: string | undefined;
  /** The first tracker, and its scope. */
  firstOwner: object | undefined;
  private firstScope: Scope | undefined;
  /** Made for the second tracker: most applications have one, and a map for each request is garbage. */
  private others: Map<object, Scope> | undefined;

  /** @param request the platform's own, by which a store left over from another request is told apart */
  constructor(readonly request: object) {}

  open(owner: object, scope: Scope): void {
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
}

/** nestjs-cls may be there twice (as ESM and CommonJS), over one store: a registered symbol is the same in both. */
const KEY = Symbol.for('nestjs-event-tracking:request');
const cls = ClsServiceManager.getClsService();
/** For when the application leaves the store of nestjs-cls: ClsGuard, `cls.exit` and `ifNested: 'override'` put an empty one in its place. */
const requests = new AsyncLocalStorage<RequestStore>();

/**
 * That of nestjs-cls comes first: an application that carries its store into another flow, through a queue of its own say,
 * means to go on with that request there.
 */
export function currentRequestStore(): RequestStore | undefined {
  return cls.get<RequestStore | undefined>(KEY) ?? requests.getStore();
}

/** The store object of nestjs-cls itself, if one is open. */
export function currentClsStore(): object | undefined {
  return cls.isActive() ? cls.get() : undefined;
}

/**
 * Runs the rest of a request with a store of its own. Nothing is ever written into a store that is there already: it may be
 * inherited from where the server was started, or left on a keep-alive connection by `enterWith`, and would hand one user's
 * context to the next request.
 * @param inherited the store that was open when the application started
 */
export function runInRequestStore(
  request: object,
  inherited: object | undefined,
  open: (store: RequestStore) => void,
  next: () => void,
): void {
  const found = currentRequestStore();
  if (found?.request === request) {
    open(found);
    next();
    return;
  }
  const store = new RequestStore(request);
  open(store);
  const active = currentClsStore();
  // What was open at the start is everybody's: each request gets its copy, so that what guards set there stays its own.
  const isOwn = active !== undefined && active !== inherited;
  requests.run(store, () => {
    cls.runWith(isOwn ? layered(active, store) : { ...active, [KEY]: store }, next);
  });
}

/**
 * The store that an application has opened for this request with its own ClsMiddleware, and ours in it for whoever looks from
 * here on. What guards and services set goes into the application's, where those before us find it.
 */
function layered(active: object, store: RequestStore): Record<symbol, unknown> {
  const ours: PropertyDescriptor = { value: store, enumerable: true, configurable: true, writable: true };
  return new Proxy(active, {
    get: (target, key) => (key === KEY ? store : (Reflect.get(target, key) as unknown)),
    has: (target, key) => key === KEY || key in target,
    // For the copies that nested stores begin with. It may hold our key already, from a request before it.
    ownKeys: (target) => [...Reflect.ownKeys(target).filter((key) => key !== KEY), KEY],
    getOwnPropertyDescriptor: (target, key) => (key === KEY ? ours : Reflect.getOwnPropertyDescriptor(target, key)),
  }) as Record<symbol, unknown>;
}
