/** Call of a decorated method that emits an event. */
export interface EmittingCall {
  /** Class and method of the decorator. */
  readonly place: string;
}

/**
 * Call of the decorator that is emitting. The line of the application is no longer on the stack by
 * then.
 */
let emitting: EmittingCall | undefined;

/** Returns the class and method of the decorator that is emitting. */
export function currentEmitPlace(): string | undefined {
  return emitting?.place;
}

/** Runs `body` and attributes the events it emits to `call`. */
export function emittingFrom(call: EmittingCall, body: () => void): void {
  const before = emitting;
  emitting = call;
  try {
    body();
  } finally {
    emitting = before;
  }
}
