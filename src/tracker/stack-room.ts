/**
 * Returns true if the stack has capacity for this many nested calls. Takes some nanoseconds per
 * call, so do not use it for every event.
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
