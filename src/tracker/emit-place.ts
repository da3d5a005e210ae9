/** Where events are emitted from by a decorator: by then, the line of the application is no more on the stack. */
let place: string | undefined;

export function currentEmitPlace(): string | undefined {
  return place;
}

/** Runs `body`, whose events are emitted from there. */
export function emittingFrom(from: string, body: () => void): void {
  const before = place;
  place = from;
  try {
    body();
  } finally {
    place = before;
  }
}
