import type { Writable } from 'node:stream';
import type { Job, Queue } from 'bull';
import { atMost } from '../../common/at-most';

/** Milliseconds after which a silent Redis is treated as unreachable. */
const ANSWER_MS = 500;

/** Parts of a Queue that Bull's own types omit. */
export interface BullInternals {
  /** Value of the locks of this Queue. */
  readonly token: string;
  /** Connection on which the Queue waits for jobs. */
  readonly bclient: { connect: () => Promise<void> };
  /** Promises that the Queue's processing loops wait for. */
  readonly processing: Readonly<Record<string, Promise<unknown>>>;
  /** Name of the connections on which workers wait for jobs of this Queue. */
  clientName(): string;
  /** Locks a job in the list of active jobs, and reads it. */
  moveToActive(id: string): Promise<Job | undefined>;
}

export function bullInternals(queue: Queue): BullInternals {
  return queue as unknown as BullInternals;
}

/** True if Redis answers a command within half a second. */
export async function answers({ client }: Queue): Promise<boolean> {
  if (client.status !== 'ready') return false;
  return (await atMost(ANSWER_MS, client.ping())) === 'PONG';
}

/**
 * Sends the commands of this turn of the event loop together: each write on its own wakes Redis,
 * and then this process. The client of a cluster has no stream of its own.
 */
export function sendTogether({ client }: Queue): void {
  const { stream } = client as unknown as { readonly stream?: Writable };
  if (stream === undefined) return;
  stream.cork();
  process.nextTick(() => {
    stream.uncork();
  });
}
