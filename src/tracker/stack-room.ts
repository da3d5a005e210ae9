/**
 * Whether so many calls can still be made, each inside of the one before it. Takes some nanoseconds for each, so it is not for
 * every event.
 */
export function hasStackRoom(calls: number): boolean {
  try {
    descend(calls);
    return true;
  } catch {
    return false;
  }
}

function descend(calls: number): number {
  return calls === 0 ? 0 : descend(calls - 1) + 1;
}
