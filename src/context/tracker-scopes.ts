import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventFields } from '../event/tracking-event';
import { handThrough, type Inside } from './hand-through';
import type { AfterResponse } from './request-context-options';
import { currentRequestStore, type RequestStore, type ScopeOfRequest } from './request-store';
import { Scope } from './scope';
import { View, type ScopeView } from './view';

/** A scope that is open in this flow, and those around it. */
interface Frame {
  /** undefined for the frame of a bound flow in which no scope was open. */
  readonly owner: TrackerScopes | undefined;
  readonly scope: Scope | undefined;
  /**
   * That of another tracker, if one is open around it; of each tracker only the innermost, which
   * knows its own parents.
   */
  readonly outer: Frame | undefined;
  /** The request in which it was opened. */
  readonly request: RequestStore | undefined;
  /**
   * Whether the application has said that this flow is the right one (`bind`), so that its context
   * is never uncertain.
   */
  readonly isBound: boolean;
  /**
   * Whether it has nothing of its request: opened after the response, by a tracker that then drops
   * the request's context.
   */
  readonly isApart: boolean;
}

/**
 * One storage for all trackers and applications of the process: it holds nothing but what each flow
 * has opened itself, and `currentTracker()` could not look into many.
 */
const frames = new AsyncLocalStorage<Frame | undefined>();

/**
 * The frame of this flow, unless it belongs to another request: a server that was started inside a
 * scope passes that scope on to every later request, and a request must not see what was opened for
 * another.
 */
function currentFrame(request: RequestStore | undefined): Frame | undefined {
  const frame = frames.getStore();
  return frame !== undefined && frame.request === request ? frame : undefined;
}

function inFrame(frame: Frame | undefined): Inside {
  return (code) => frames.run(frame, code);
}

function without(owner: TrackerScopes, frame: Frame | undefined): Frame | undefined {
  if (frame === undefined) return undefined;
  return frame.owner === owner ? frame.outer : { ...frame, outer: without(owner, frame.outer) };
}

/** What an event carries that says of itself that its context may be another's. */
const MARK: EventFields = { uncertain_context: true };

/** The scopes of one tracker. */
export class TrackerScopes {
  /**
   * What events carry that are emitted in the flow of a request whose response is over.  @default
   * 'keep'
   */
  afterResponse: AfterResponse | undefined;
  private readonly base = new Scope(undefined);

  /**
   * @param tracker whose scopes these are; given back by `currentTracker`
   * @param onUncertain called for each event that is emitted in the flow of a request whose
   *   response is over, unless it was bound
   */
  constructor(
    readonly tracker: object,
    private readonly onUncertain: () => void,
  ) {}

  /** The values that an event carries which is emitted here. */
  view(): ScopeView {
    const request = currentRequestStore();
    if (request?.isAnswered !== true) return this.scopeIn(request).view();
    const scope = this.scopeIn(request);
    return this.afterResponse === 'mark' && this.isUncertain(scope, request)
      ? new View(scope.view(), MARK)
      : scope.view();
  }

  /**
   * The same for an event that is emitted now, which is counted if its context may be another's.
   */
  viewToEmit(): ScopeView {
    const request = currentRequestStore();
    if (request?.isAnswered !== true) return this.scopeIn(request).view();
    if (this.isUncertain(this.scopeIn(request), request)) this.onUncertain();
    return this.view();
  }

  /**
   * The innermost scope of this flow; the request's if none was opened in it; else the one that
   * every flow sees.
   */
  current(): Scope {
    return this.scopeIn(currentRequestStore());
  }

  isOutside(): boolean {
    return this.current() === this.base;
  }

  /**
   * Runs `body` in a scope of its own, and hands its result through: what it yields later is made
   * in the scope too.
   */
  run<Result>(name: string, values: EventFields, body: () => Result): Result {
    const request = currentRequestStore();
    const top = currentFrame(request);
    const scope = this.scopeIn(request).open(name, values);
    const isBound = top?.isBound === true;
    const isApart = request !== undefined && this.dropsAll(request, isBound);
    const frame: Frame = { owner: this, scope, outer: without(this, top), request, isBound, isApart };
    const result = frames.run(frame, body);
    if (typeof result !== 'object' || result === null) return result;
    return handThrough(result, { inside: inFrame(frame), here: () => inFrame(frames.getStore()) });
  }

  /** Opens the scope of a request: it ends with the request's flow. */
  openRequest(store: RequestStore, makeScope: (parent: Scope) => ScopeOfRequest): void {
    if (store.scopeOf(this) === undefined) store.open(this, makeScope(this.base));
  }

  private scopeIn(request: RequestStore | undefined): Scope {
    const top = currentFrame(request);
    for (let frame = top; frame !== undefined; frame = frame.outer) {
      if (frame.owner !== this) continue;
      if (frame.isApart || request?.isAnswered !== true || !this.dropsAll(request, frame.isBound))
        return frame.scope ?? this.base;
    }
    if (request === undefined || this.dropsAll(request, top?.isBound === true)) return this.base;
    return request.scopeOf(this) ?? this.base;
  }

  /**
   * Whether nothing of the request and of the scopes opened in it is to be in an event emitted
   * here.
   */
  private dropsAll(request: RequestStore, isBound: boolean): boolean {
    return request.isAnswered && !isBound && this.afterResponse === 'drop';
  }

  /** Of a request whose response is over: whether an event emitted here may belong to another. */
  private isUncertain(scope: Scope, request: RequestStore): boolean {
    const top = currentFrame(request);
    if (top?.isBound === true || top?.isApart === true) return false;
    return scope !== this.base || request.scopeOf(this) !== undefined;
  }
}

/**
 * Enters the flow in which this is called, from wherever it is used later: all of it, with what
 * other libraries keep there. The application vouches for it.
 */
export function bindFlow(): Inside {
  const request = currentRequestStore();
  const top = currentFrame(request);
  const nowhere = { owner: undefined, scope: undefined, outer: undefined, request, isApart: false };
  return frames.run({ ...(top ?? nowhere), isBound: true }, () => AsyncLocalStorage.snapshot() as Inside);
}

/**
 * Enters the flow in which this is called, from wherever it is used later: all of it, with what
 * other libraries keep there. Costs next to nothing where the code is run in that flow anyway.
 */
export function currentFlow(): Inside {
  const [request, frame] = [currentRequestStore(), frames.getStore()];
  const enter = AsyncLocalStorage.snapshot() as Inside;
  return (code) => (currentRequestStore() === request && frames.getStore() === frame ? code() : enter(code));
}

/**
 * The tracker whose scope was opened last in this flow; of those that a request has one of, the one
 * imported first.
 */
export function currentScopesTracker(): object | undefined {
  const request = currentRequestStore();
  const owner = currentFrame(request)?.owner ?? (request?.firstOwner as TrackerScopes | undefined);
  return owner?.tracker;
}
