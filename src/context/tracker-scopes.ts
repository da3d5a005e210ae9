import type { EventFields } from '../event/tracking-event';
import { currentFrame, frames, type Frame } from './flow';
import { handThrough } from './hand-through';
import type { AfterResponse } from './request-context-options';
import { currentRequestStore, type RequestStore, type ScopeOfRequest } from './request-store';
import { Scope } from './scope';
import { View, type ScopeView } from './view';

/** Field of an event whose context may belong to another request. */
const MARK: EventFields = { uncertain_context: true };

/**
 * Runs the body inside the scope, because work that the result starts later must return to this
 * scope.
 */
function runThrough<Result>(body: () => Result): Result {
  return handThrough(body());
}

function without(owner: object, frame: Frame | undefined): Frame | undefined {
  if (frame === undefined) return undefined;
  return frame.owner === owner ? frame.outer : { ...frame, outer: without(owner, frame.outer) };
}

/** The scopes of one tracker. */
export class TrackerScopes {
  /**
   * Behavior for events emitted in the flow of a request whose response has ended.
   * @default 'keep'
   */
  afterResponse: AfterResponse | undefined;
  private readonly base = new Scope(undefined);

  /**
   * @param tracker the tracker that owns these scopes; returned by `currentTracker`
   * @param onUncertain called for each event that is emitted in the flow of a request whose
   * response has ended, unless the flow was bound
   */
  constructor(
    readonly tracker: object,
    private readonly onUncertain: () => void,
  ) {}

  /** Returns the values of an event that is emitted here. */
  view(): ScopeView {
    const request = currentRequestStore();
    if (request?.isAnswered !== true) return this.scopeIn(request).view();
    const scope = this.scopeIn(request);
    return this.afterResponse === 'mark' && this.isUncertain(scope, request)
      ? new View(scope.view(), MARK)
      : scope.view();
  }

  /**
   * Returns the values of an event that is emitted now. The event is counted if its context may
   * belong to another request.
   */
  viewToEmit(): ScopeView {
    const request = currentRequestStore();
    if (request?.isAnswered !== true) return this.scopeIn(request).view();
    if (this.isUncertain(this.scopeIn(request), request)) this.onUncertain();
    return this.view();
  }

  /**
   * Returns the innermost scope of this flow; the scope of the request if none was opened in this
   * flow; otherwise the base scope that every flow sees.
   */
  current(): Scope {
    return this.scopeIn(currentRequestStore());
  }

  isOutside(): boolean {
    return this.current() === this.base;
  }

  /**
   * Runs `body` in a new scope. Work that its result starts later runs in that scope too (see
   * `handThrough`).
   */
  run<Result>(name: string, values: EventFields, body: () => Result): Result {
    const request = currentRequestStore();
    const top = currentFrame(request);
    const scope = this.scopeIn(request).open(name, values);
    const isBound = top?.isBound === true;
    const isApart = request !== undefined && this.dropsAll(request, isBound);
    const frame: Frame = { owner: this, scope, outer: without(this, top), request, isBound, isApart };
    return frames.run(frame, runThrough, body);
  }

  /** Opens the scope of a request. It ends with the flow of the request. */
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
   * True if an event emitted here must contain nothing of the request or of the scopes opened in
   * it.
   */
  private dropsAll(request: RequestStore, isBound: boolean): boolean {
    return request.isAnswered && !isBound && this.afterResponse === 'drop';
  }

  /**
   * True if an event emitted here may belong to another request. Call it only for a request whose
   * response has ended.
   */
  private isUncertain(scope: Scope, request: RequestStore): boolean {
    const top = currentFrame(request);
    if (top?.isBound === true || top?.isApart === true) return false;
    return scope !== this.base || request.scopeOf(this) !== undefined;
  }
}

/**
 * Returns the tracker whose scope was opened last in this flow. If only the request has scopes,
 * returns the tracker imported first, because it opened the first of them.
 */
export function currentScopesTracker(): object | undefined {
  const request = currentRequestStore();
  const owner = currentFrame(request)?.owner ?? request?.firstOwner;
  return (owner as TrackerScopes | undefined)?.tracker;
}
