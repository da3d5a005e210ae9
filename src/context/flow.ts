import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { currentRequestStore, type RequestStore } from './request-store';
import type { Scope } from './scope';

/** A scope that is open in this flow, with the scopes around it. */
export interface Frame {
  /**
   * Tracker scopes that own the frame; undefined for the frame of a bound flow in which no scope
   * was open.
   */
  readonly owner: object | undefined;
  readonly scope: Scope | undefined;
  /**
   * Frame of another tracker that is open around this one. It contains only the innermost frame of
   * each tracker, because that one knows its own parents.
   */
  readonly outer: Frame | undefined;
  /** Request in which the frame was opened. */
  readonly request: RequestStore | undefined;
  /**
   * True if the application declared this flow to be the right one (`bind`), so that its context is
   * never uncertain.
   */
  readonly isBound: boolean;
  /**
   * True if the frame contains nothing of its request: it was opened after the response, by a
   * tracker that then drops the request's context.
   */
  readonly isApart: boolean;
}

/**
 * One storage for all trackers and applications of the process. It contains only scopes that each
 * flow has opened itself, and `currentTracker()` could not search several storages.
 */
export const frames = new AsyncLocalStorage<Frame | undefined>();

/**
 * Returns the frame of this flow, unless it belongs to another request. A server that was started
 * inside a scope passes that scope on to every later request, and a request must not see a scope
 * that was opened for another one.
 */
export function currentFrame(request: RequestStore | undefined): Frame | undefined {
  const frame = frames.getStore();
  return frame !== undefined && frame.request === request ? frame : undefined;
}

/**
 * The complete asynchronous context in which the object was created, including the data of other
 * libraries. Code can be run in it from any other context.
 */
export class Flow {
  private readonly request = currentRequestStore();
  private readonly frame = frames.getStore();
  /** An AsyncResource costs a hundredth of AsyncLocalStorage.snapshot() on Node 20. */
  private readonly resource = new AsyncResource('TrackingFlow', { requireManualDestroy: true });

  /** True if the same request and the same scope are open, so that entering can be skipped. */
  isCurrent(): boolean {
    return currentRequestStore() === this.request && frames.getStore() === this.frame;
  }

  enter<Result>(code: () => Result): Result {
    return this.resource.runInAsyncScope(code);
  }
}

/** Returns the flow of the caller. */
export function currentFlow(): Flow {
  return new Flow();
}

/**
 * Returns the flow of the caller, declared by the application to be the right one: its context is
 * never uncertain.
 */
export function bindFlow(): Flow {
  const request = currentRequestStore();
  const top = currentFrame(request);
  const nowhere = { owner: undefined, scope: undefined, outer: undefined, request, isApart: false };
  return frames.run({ ...(top ?? nowhere), isBound: true }, currentFlow);
}
