/**
 * Interprets the arguments of the public methods, since JavaScript callers and casts can pass
 * anything.
 */
import { toEventName } from '../event/normalizer';

/**
 * Returns the name of a context or the path of a backend as a string. Converts other values as
 * `emit` converts an event name.
 */
export function givenName(name: unknown): string {
  return typeof name === 'string' ? name : toEventName(name);
}

export interface ConfirmWait {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Reads the options of `emitConfirmed`. Replaces invalid options with their defaults, so that the
 * event is still emitted. Never throws.
 */
export function givenWait(options: unknown): ConfirmWait {
  try {
    const { signal, timeoutMs } = (options ?? {}) as { readonly signal?: unknown; readonly timeoutMs?: unknown };
    const isNumber = typeof timeoutMs === 'number' && !Number.isNaN(timeoutMs);
    return { signal: isSignal(signal) ? signal : undefined, timeoutMs: isNumber ? timeoutMs : DEFAULT_TIMEOUT_MS };
  } catch {
    return { signal: undefined, timeoutMs: DEFAULT_TIMEOUT_MS };
  }
}

function isSignal(signal: unknown): signal is AbortSignal {
  return signal instanceof AbortSignal;
}
