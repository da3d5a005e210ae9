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
