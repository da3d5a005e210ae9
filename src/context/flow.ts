import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { currentRequestStore, type RequestStore } from './request-store';
import type { Scope } from './scope';

/** A scope that is open in this flow, and those around it. */
export interface Frame {
  /** undefined for the frame of a bound flow in which no scope was open. */
  readonly owner: object | undefined;
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
export const frames = new AsyncLocalStorage<Frame | undefined>();

/**
 * The frame of this flow, unless it belongs to another request: a server that was started inside a
 * scope passes that scope on to every later request, and a request must not see what was opened for
 * another.
 */
export function currentFrame(request: RequestStore | undefined): Frame | undefined {
  const frame = frames.getStore();
  return frame !== undefined && frame.request === request ? frame : undefined;
}

/**
 * The asynchronous context in which it was created: all of it, with what other libraries keep
 * there. Code can be run in it from any other.
 */
export class Flow {
  private readonly request = currentRequestStore();
  private readonly frame = frames.getStore();
  /** A hundredth of the cost of AsyncLocalStorage.snapshot() on Node 20. */
  private readonly resource = new AsyncResource('TrackingFlow', { requireManualDestroy: true });

  /** True where the same request and the same scope are open, so that entering can be skipped. */
  isCurrent(): boolean {
    return currentRequestStore() === this.request && frames.getStore() === this.frame;
  }

  enter<Result>(code: () => Result): Result {
    return this.resource.runInAsyncScope(code);
  }
}

/** The flow of the caller. */
export function currentFlow(): Flow {
  return new Flow();
}

/** The flow of the caller, which the application says is the right one: its context is never uncertain. */
export function bindFlow(): Flow {
  const request = currentRequestStore();
  const top = currentFrame(request);
  const nowhere = { owner: undefined, scope: undefined, outer: undefined, request, isApart: false };
  return frames.run({ ...(top ?? nowhere), isBound: true }, currentFlow);
}
