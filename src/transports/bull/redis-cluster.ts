/**
 * Fix for a cluster. The scripts of Bull and of this package use several keys of a queue at once,
 * which a Redis Cluster allows only within one hash slot.
 */
import type { Queue } from 'bull';

export const CLUSTER_FIX =
  "BullModule.registerQueue({ name: 'tracking', prefix: '{tracking}', createClient: () => new Redis.Cluster(…) }), or a Redis that is no cluster";

/** True if the application gave Bull a client for a Redis Cluster. */
export function usesCluster({ client }: Queue): boolean {
  return (client as { readonly isCluster?: boolean }).isCluster === true;
}

/**
 * True if all keys of the queue are in one slot: a non-empty string between the first braces of a
 * key decides the slot.
 */
export function hasHashTag(queue: Queue): boolean {
  const key = queue.toKey('');
  const begin = key.indexOf('{');
  return begin >= 0 && key.indexOf('}', begin) > begin + 1;
}

/**
 * True if the server is a node of a Redis Cluster and the client does not know it. Never rejects.
 */
export async function isLoneNode(queue: Queue): Promise<boolean> {
  if (usesCluster(queue)) return false;
  const info = await queue.client.info('cluster').catch(() => ''); // not every user may run INFO
  return /^cluster_enabled:1/m.test(info);
}

/** Returns the INFO of the server that holds the keys of the queue. */
export async function infoOf(queue: Queue, section: string): Promise<string> {
  const { client } = queue;
  if (!usesCluster(queue)) return client.info(section);
  // A cluster sends a command without a key to any of its nodes.
  return String(await client.eval("return redis.call('INFO', ARGV[1])", 1, queue.toKey('meta'), section));
}
