/**
 * Class and method of the decorator that is emitting. The line of the application is no longer on
 * the stack by then.
 */
let place: string | undefined;

export function currentEmitPlace(): string | undefined {
  return place;
}

/** Runs `body` and attributes the events it emits to `from`. */
export function emittingFrom(from: string, body: () => void): void {
  const before = place;
  place = from;
  try {
    body();
  } finally {
    place = before;
  }
}
