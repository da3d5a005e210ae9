import { ClsServiceManager } from 'nestjs-cls';
import type { Scope } from './scope';

/**
 * What one request carries in nestjs-cls: the scope that each tracker has opened for it. It is set once and stays the same
 * object, since it is also by what a nested scope knows the request it was opened in.
 */
export class RequestStore {
  private readonly scopes = new Map<object, Scope>();

  /** @param request the platform's own, by which a store left over from another request is told apart */
  constructor(readonly request: object) {}

  open(owner: object, scope: Scope): void {
    this.scopes.set(owner, scope);
  }

  scopeOf(owner: object): Scope | undefined {
    return this.scopes.get(owner);
  }

  owners(): IterableIterator<object> {
    return this.scopes.keys();
  }
}

/** nestjs-cls may be there twice (as ESM and CommonJS), over one store: a registered symbol is the same in both. */
const KEY = Symbol.for('nestjs-event-tracking:request');
const cls = ClsServiceManager.getClsService();

export function currentRequestStore(): RequestStore | undefined {
  return cls.get<RequestStore | undefined>(KEY);
}

/** The store object of nestjs-cls itself, if one is open. */
export function currentClsStore(): object | undefined {
  return cls.isActive() ? cls.get() : undefined;
}

/**
 * Runs the rest of a request with a store of its own.
 *
 * An application with its own ClsMiddleware has opened a fresh store for this request already: ours goes into it, so that what
 * guards and services set there stays visible to everybody. But a store may also be inherited from where the server was
 * started, or left on a keep-alive connection by enterWith: writing there would hand one user's context to the next.
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
  if (active !== undefined && active !== inherited && found === undefined) {
    cls.set(KEY, store);
    next();
    return;
  }
  // A copy, so that whoever reads nestjs-cls finds what it would find without us.
  cls.runWith({ ...active, [KEY]: store }, next);
}
