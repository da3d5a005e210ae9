import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EnvelopeBackend } from '../routing/contracts';
import type { QueuedPart } from '../routing/route-node';

/** Queue of this process whose events are written by its children. */
export interface LocalQueue extends Pick<QueuedPart, 'work'> {
  readonly sink: EnvelopeBackend | undefined;
}

/**
 * Resolves when the events emitted before are written, or cannot be written for now. Events emitted
 * meanwhile are not waited for.
 * @param queues the queues of this process, from the top of the tree
 * @param others all other writers
 */
export async function flushTree(queues: readonly LocalQueue[], others: readonly EnvelopeBackend[]): Promise<void> {
  const [first, ...below] = queues;
  if (first === undefined) {
    await Promise.allSettled(others.map(async (writer) => writer.flush?.()));
    return;
  }
  const flushBelow = (): Promise<void> => flushTree(below, others);
  let isFlushed = false;
  const flushed = Promise.resolve(first.sink?.flush?.()).then(() => {
    isFlushed = true;
  });
  await Promise.race([flushed, whenStuck(first, flushBelow, () => isFlushed)]);
  await flushBelow();
}

/**
 * Resolves when a queue cannot continue for now, because the events it passed to its children are
 * not delivered.
 */
async function whenStuck(
  { sink, work }: LocalQueue,
  flushBelow: () => Promise<void>,
  isFlushed: () => boolean,
): Promise<void> {
  // Compares settled instead of pending events: `pending` grows while events arrive.
  for (let before = -1, now = 0; now !== before && !isFlushed();) {
    before = settledBy(sink);
    await nextTurn();
    await work.whenAtRest();
    await flushBelow();
    now = settledBy(sink);
  }
}

/** Returns the number of events that a queue is done with. */
function settledBy(sink: EnvelopeBackend | undefined): number {
  const { accepted = 0, pending = 0, ...counts } = sink?.delivery?.() ?? {};
  const { recovered = 0, redriven = 0 } = counts as { readonly recovered?: number; readonly redriven?: number };
  return accepted + recovered + redriven - pending;
}
