import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Resolves with whether an object is collected as garbage within some seconds. */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let at = 0; at < 50; at++) {
    await turn(); // a WeakRef that was made or read in this turn keeps its object to the end of it
    collect();
    if (reference.deref() === undefined) return true;
  }
  return false;
}
