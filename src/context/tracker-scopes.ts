import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventFields } from '../event/tracking-event';
import { handThrough, type Inside } from './hand-through';
import { currentRequestStore, type RequestStore } from './request-store';
import { Scope } from './scope';
import type { ScopeView } from './view';

/** A scope that is open in this flow, and those around it. */
interface Frame {
  readonly owner: TrackerScopes;
  readonly scope: Scope;
  /** That of another tracker, if one is open around it; of each tracker only the innermost, which knows its own parents. */
  readonly outer: Frame | undefined;
  /** The request in which it was opened. */
  readonly request: RequestStore | undefined;
}

/**
 * One storage for all trackers and applications of the process: it holds nothing but what each flow has opened itself, and
 * `currentTracker()` could not look into many.
 */
const frames = new AsyncLocalStorage<Frame | undefined>();

/**
 * The frame of this flow, unless it belongs to another request: a server that was started inside a scope passes that scope on
 * to every later request, and a request must not see what was opened for another.
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

/** The scopes of one tracker. */
export class TrackerScopes {
  private readonly base = new Scope(undefined);

  /** @param tracker whose scopes these are; given back by `currentTracker` */
  constructor(readonly tracker: object) {}

  view(): ScopeView {
    return this.current().view();
  }

  /** The innermost scope of this flow; the request's if none was opened in it; else the one that every flow sees. */
  current(): Scope {
    const request = currentRequestStore();
    for (let frame = currentFrame(request); frame !== undefined; frame = frame.outer) {
      if (frame.owner === this) return frame.scope;
    }
    return request?.scopeOf(this) ?? this.base;
  }

  isOutside(): boolean {
    return this.current() === this.base;
  }

  /** Runs `body` in a scope of its own, and hands its result through: what it yields later is made in the scope too. */
  run<Result>(name: string, values: EventFields, body: () => Result): Result {
    const request = currentRequestStore();
    const scope = this.current().open(name, values);
    const frame: Frame = { owner: this, scope, outer: without(this, currentFrame(request)), request };
    const result = frames.run(frame, body);
    if (typeof result !== 'object' || result === null) return result;
    return handThrough(result, { inside: inFrame(frame), here: () => inFrame(frames.getStore()) });
  }

  /** Opens the scope of a request: it ends with the request's flow. */
  openRequest(store: RequestStore, makeScope: (parent: Scope) => Scope): void {
    if (store.scopeOf(this) === undefined) store.open(this, makeScope(this.base));
  }
}

/** The tracker whose scope was opened last in this flow; of those that a request has one of, the one imported first. */
export function currentScopesTracker(): object | undefined {
  const request = currentRequestStore();
  const frame = currentFrame(request);
  if (frame !== undefined) return frame.owner.tracker;
  return (request?.firstOwner as TrackerScopes | undefined)?.tracker;
}
