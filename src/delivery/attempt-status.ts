/**
 * Passes the HTTP status of an attempt from the client that reads it to the observer of the
 * delivery. The two share nothing but the signal of the attempt. Nothing is recorded for an attempt
 * that has no observer.
 */
const statuses = new WeakMap<AbortSignal, ObservedStatus>();

/** Last status that a server answered during an attempt; undefined if none did. */
export interface ObservedStatus {
  status: number | undefined;
}

/** Records the statuses that servers answer to the requests of this signal. */
export function observeStatus(signal: AbortSignal): ObservedStatus {
  const observed: ObservedStatus = { status: undefined };
  statuses.set(signal, observed);
  return observed;
}

/** Reports a status that a server answered. Ignored unless the attempt is observed. */
export function reportStatus(signal: AbortSignal, status: number): void {
  const observed = statuses.get(signal);
  if (observed !== undefined) observed.status = status;
}

/** Returns the HTTP status that an error carries; undefined without a valid one. Never throws. */
export function statusOf(error: unknown): number | undefined {
  try {
    const { status } = Object(error) as { readonly status?: unknown };
    return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status < 600 ? status : undefined;
  } catch {
    return undefined;
  }
}
