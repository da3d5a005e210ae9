import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EnvelopeBackend } from '../routing/contracts';
import type { QueuedPart } from '../routing/route-node';

/** A queue of this process, whose events are for others of the tree to write. */
export interface LocalQueue extends Pick<QueuedPart, 'work'> {
  readonly sink: EnvelopeBackend | undefined;
}

/**
 * Resolves when what was emitted before is written, or cannot be for now. What is emitted meanwhile is not waited for.
 * @param queues those of this process, from the top of the tree
 * @param others everything else that writes
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

/** Resolves when a queue cannot go on for now, since what it gave to the children is not delivered. */
async function whenStuck(
  { sink, work }: LocalQueue,
  flushBelow: () => Promise<void>,
  isFlushed: () => boolean,
): Promise<void> {
  // Not by what is pending, which grows while events come.
  for (let before = -1, now = 0; now !== before && !isFlushed();) {
    before = settledBy(sink);
    await nextTurn();
    await work.whenAtRest();
    await flushBelow();
    now = settledBy(sink);
  }
}

/** Events that a queue is done with. */
function settledBy(sink: EnvelopeBackend | undefined): number {
  const { accepted = 0, pending = 0, ...counts } = sink?.delivery?.() ?? {};
  const { recovered = 0, redriven = 0 } = counts as { readonly recovered?: number; readonly redriven?: number };
  return accepted + recovered + redriven - pending;
}
