import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { currentRequestStore, type RequestStore } from './request-store';
import type { Scope } from './scope';

/** Runs code in a flow: in an asynchronous context that was current before. */
export type Inside = <Result>(code: () => Result) => Result;

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

/** A hundredth of what AsyncLocalStorage.snapshot() costs on Node 20, and not watched for its end. */
function enterHere(): Inside {
  const resource = new AsyncResource('TrackingFlow', { requireManualDestroy: true });
  return (code) => resource.runInAsyncScope(code);
}

/**
 * Enters the flow in which this is called, from wherever it is used later: all of it, with what
 * other libraries keep there. The application vouches for it.
 */
export function bindFlow(): Inside {
  const request = currentRequestStore();
  const top = currentFrame(request);
  const nowhere = { owner: undefined, scope: undefined, outer: undefined, request, isApart: false };
  return frames.run({ ...(top ?? nowhere), isBound: true }, enterHere);
}

/**
 * Enters the flow in which this is called, from wherever it is used later: all of it, with what
 * other libraries keep there. Costs next to nothing where the code is run in that flow anyway.
 */
export function currentFlow(): Inside {
  const [request, frame] = [currentRequestStore(), frames.getStore()];
  const enter = enterHere();
  return (code) => (currentRequestStore() === request && frames.getStore() === frame ? code() : enter(code));
}
