/** Arguments of the public methods as they are meant, since JavaScript callers and casts can pass anything. */
import { isObservable } from 'rxjs';
import { toEventName } from '../event/normalizer';

/** The name of a context or the path of a backend as a string; what is not a string gets the name it would have as an event. */
export function givenName(name: unknown): string {
  return typeof name === 'string' ? name : toEventName(name);
}

export interface ConfirmWait {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Options of `emitConfirmed`. Invalid ones have their default, so that the event is emitted all the same. Never throws. */
export function givenWait(options: unknown): ConfirmWait {
  try {
    const { signal, timeoutMs } = (options ?? {}) as { readonly signal?: unknown; readonly timeoutMs?: unknown };
    const isNumber = typeof timeoutMs === 'number' && !Number.isNaN(timeoutMs);
    return { signal: isSignal(signal) ? signal : undefined, timeoutMs: isNumber ? timeoutMs : DEFAULT_TIMEOUT_MS };
  } catch {
    return { signal: undefined, timeoutMs: DEFAULT_TIMEOUT_MS };
  }
}

/** True for what `bind` takes as a stream. A client of Redis, say, has a `subscribe` of its own and is none. Never throws. */
export function isStream(target: unknown): boolean {
  try {
    return isObservable(target);
  } catch {
    return false; // a getter or a proxy that throws
  }
}

function isSignal(signal: unknown): signal is AbortSignal {
  return signal instanceof AbortSignal;
}
