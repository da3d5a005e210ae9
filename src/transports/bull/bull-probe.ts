import type { JobCounts, Queue } from 'bull';
import type { QueueFigures, QueueProbe } from '../../routing/queue-probe';
import { bullInternals } from './bull-internals';
import { usesCluster } from './redis-cluster';

/** Lists whose last entry is the oldest one. Jobs that wait are looked at before those that run. */
const LISTS = ['wait', 'paused', 'active'] as const;

/** Asks Redis for the state of a Bull queue, over the connection of its Queue. */
export function bullProbe(queue: Queue): QueueProbe {
  return {
    kind: 'bull',
    names: [queue.name],
    fix: 'See that its Redis runs, and check the address and the password that BullModule.registerQueue gives.',
    ask: () => askBull(queue),
  };
}

async function askBull(queue: Queue): Promise<QueueFigures> {
  const { status } = queue.client;
  // Bull would wait without limit for a connection.
  if (status !== 'ready') throw new Error(`Redis is not connected (${status})`);
  // Jobs of a paused queue are counted separately, in a field that the types omit.
  const [counts, workers, oldestAt] = await Promise.all([
    queue.getJobCounts() as Promise<JobCounts & { readonly paused?: number }>,
    countWorkers(queue),
    oldestJobAt(queue),
  ]);
  const { waiting, paused = 0, active, delayed, failed } = counts;
  return { waiting: waiting + paused, active, delayed, failed, workers, oldestAt };
}

/**
 * Counts the connections that wait for jobs of this queue. Bull's getWorkers also counts those of
 * queues whose encoded name begins with this one. Not known for a cluster, whose nodes list only
 * their own connections, and for a managed Redis that refuses CLIENT LIST.
 */
async function countWorkers(queue: Queue): Promise<number | undefined> {
  if (usesCluster(queue)) return undefined;
  const field = ` name=${bullInternals(queue).clientName()} `;
  try {
    const list = (await queue.client.client('LIST')) as string;
    return list.split('\n').filter((line) => line.includes(field)).length;
  } catch {
    return undefined;
  }
}

/** Reads the time alone: the data of a job has hundreds of events. */
async function oldestJobAt(queue: Queue): Promise<Date | undefined> {
  const { client } = queue;
  for (const list of LISTS) {
    const [id] = await client.lrange(queue.toKey(list), -1, -1);
    if (id === undefined) continue;
    const at = Number(await client.hget(queue.toKey(id), 'timestamp'));
    if (at > 0) return new Date(at);
  }
  return undefined;
}
