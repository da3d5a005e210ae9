import { isObservable, type Observable } from 'rxjs';
import { bindEmitter, boundFunction } from './bound-emitter';
import { boundStream } from './bound-stream';
import { bindFlow } from './flow';

/** Function or stream that can be bound to an async context. */
export type Bindable = ((...args: never[]) => unknown) | Observable<unknown>;

/**
 * Returns the same function or stream, bound to the async context of the caller.
 * @throws TypeError if `target` is neither a function nor an Observable
 */
export function bindToFlow<Bound extends Bindable>(target: Bound): Bound {
  if (typeof target === 'function') return boundFunction(target, bindFlow()) as Bound;
  if (isStream(target)) {
    const flow = bindFlow();
    return boundStream(target, () => flow) as Bound;
  }
  throw new TypeError(
    'tracker.bind was given neither a function nor an Observable. Fix: tracker.bind((value) => { ... })',
  );
}

/**
 * Runs each listener that is added to an emitter from now on in the async context of the code that
 * adds it.
 * @throws TypeError if it is neither an EventEmitter nor an EventTarget
 */
export function bindListeners(emitter: object): void {
  bindEmitter(emitter, bindFlow);
}

/**
 * Returns true for a stream. A Redis client, for example, has its own `subscribe` and is not a
 * stream. Never throws.
 */
function isStream(target: unknown): boolean {
  try {
    return isObservable(target);
  } catch {
    return false; // a getter or a proxy that throws
  }
}
