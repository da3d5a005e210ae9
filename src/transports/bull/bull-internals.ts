import type { Job, Queue } from 'bull';
import { atMost } from '../../common/at-most';

/** A Redis that does not answer in that time is taken for gone. */
const ANSWER_MS = 500;

/** What Bull's own types leave out. */
export interface BullInternals {
  /** The value of the locks of this Queue. */
  readonly token: string;
  /** The connection on which it waits for jobs. */
  readonly bclient: { connect: () => Promise<void> };
  /** What each of its loops waits for. */
  readonly processing: Readonly<Record<string, Promise<unknown>>>;
  /** Locks a job that is in the list of active ones, and reads it. */
  moveToActive(id: string): Promise<Job | undefined>;
}

export function bullInternals(queue: Queue): BullInternals {
  return queue as unknown as BullInternals;
}

/** True where Redis answers a command within half a second. */
export async function answers({ client }: Queue): Promise<boolean> {
  if (client.status !== 'ready') return false;
  return (await atMost(ANSWER_MS, client.ping())) === 'PONG';
}
