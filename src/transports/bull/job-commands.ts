/**
 * What a worker asks of Redis, in scripts that a full Redis runs too: it refuses each command that may need memory, but not once
 * a script has written something. So every script here begins with a write that needs none, and what frees memory comes first.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Job, Queue } from 'bull';
import { JOB_NAME } from './event-job';
import { settledKey } from './queue-watch';
import { isOutOfMemory } from './redis-memory';
import { bullInternals } from './bull-internals';

/** How long a count of settled events outlives the last event that was counted. */
const COUNT_TTL_MS = 604_800_000;
/** A batch whose reply was lost is sent again as the same job, which must not run twice. */
const NAME_TTL_MS = 600_000;
/** Between two attempts to take a job from a Redis that is full, on each connection. */
const FULL_POLL_MS = 500;
const PAGE = 100;

const COUNT = `if ARGV[1] ~= '0' then redis.call('INCRBY', KEYS[2], ARGV[1]) redis.call('PEXPIRE', KEYS[2], ARGV[2]) end`;

/** The job may be gone: it is not made again. */
const SETTLE = `
if redis.call('HDEL', KEYS[1], 'data') == 1 then redis.call('HSET', KEYS[1], 'data', ARGV[3]) end
${COUNT}`;

/** Not by job.remove, for which the lock would have to be gone before the job. */
const BURY = `redis.call('DEL', KEYS[1], KEYS[3]) redis.call('ZREM', KEYS[4], ARGV[3]) ${COUNT}`;

/** Bull takes any key of that name for the job, so that one field of it is enough. */
const FORGET = `
if redis.call('HGET', KEYS[2], 'name') ~= ARGV[2] or not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2], KEYS[2] .. ':logs')
redis.call('HSET', KEYS[2], 'name', '')
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1`;

const TAKE = `redis.call('SREM', KEYS[1], '') return redis.call('RPOPLPUSH', KEYS[2], KEYS[3])`;

/** HDEL of no field, as the first write of the script. */
const UNCLAIMED = `redis.call('HDEL', KEYS[1], '') return redis.call('HINCRBY', KEYS[1], 'unclaimed', 1)`;

/** Scripts of Bull that begin with a write which needs memory, and which of their keys is the set of stalled jobs. */
const REFUSED_SCRIPTS = { extendLock: 2, moveToActive: 5, moveStalledJobsToWait: 1 } as const;

/** Narrows a job to what is left of it, and counts for its emitter the events that are settled. */
export async function settleJob(job: Job<unknown>, left: object, emitter: string, settled: number): Promise<void> {
  const { queue } = job;
  const keys = [queue.toKey(String(job.id)), settledKey(queue, emitter)];
  await queue.client.eval(SETTLE, keys.length, ...keys, settled, COUNT_TTL_MS, JSON.stringify(left));
}

/** Removes a job that failed for good, once its events are dead letters. */
export async function removeFailed(job: Job<unknown>, emitter: string, settled: number): Promise<void> {
  const { queue } = job;
  const keys = [queue.toKey(String(job.id)), settledKey(queue, emitter), job.lockKey(), queue.toKey('failed')];
  await queue.client.eval(BURY, keys.length, ...keys, settled, COUNT_TTL_MS, String(job.id));
}

/** Counts in the job itself how often it came to a worker that cannot take it. @returns the new count */
export async function countUnclaimed(job: Job<unknown>): Promise<number> {
  return Number(await job.queue.client.eval(UNCLAIMED, 1, job.queue.toKey(String(job.id))));
}

/**
 * Leaves of a job that is done nothing but its name, which Redis itself forgets ten minutes later.
 * @returns false for a job of the application, which is left as it is
 */
export async function forgetJob(queue: Queue, id: string): Promise<boolean> {
  const keys = [queue.toKey('completed'), queue.toKey(id)];
  return (await queue.client.eval(FORGET, keys.length, ...keys, id, JOB_NAME, NAME_TTL_MS)) === 1;
}

/** The same for jobs that were done between these times (epoch milliseconds) and that nobody has forgotten. */
export async function forgetJobsDone(queue: Queue, from: number | '-inf', to: number): Promise<void> {
  const key = queue.toKey('completed');
  for (let kept = 0; ;) {
    const ids = await queue.client.zrangebyscore(key, from, to, 'LIMIT', kept, PAGE);
    if (ids.length === 0) return;
    const areForgotten = await Promise.all(ids.map((id) => forgetJob(queue, id)));
    kept += areForgotten.filter((isForgotten) => !isForgotten).length;
  }
}

/** Has Bull take jobs, and keep them, from a Redis that is full: what is worked off is what makes room there. */
export function workWhenFull(queue: Queue): void {
  const { client } = queue;
  const internals = bullInternals(queue);
  const { scriptsSet = {} } = client as unknown as { readonly scriptsSet?: Readonly<Record<string, Script>> };
  for (const [name, stalledKey] of Object.entries(REFUSED_SCRIPTS)) {
    const script = scriptsSet[name];
    const begin = `redis.call('SREM', KEYS[${String(stalledKey)}], '')\n`;
    // A client may be shared by queues.
    if (script === undefined || script.lua.startsWith(begin)) continue;
    client.defineCommand(name, { lua: begin + script.lua, numberOfKeys: script.numberOfKeys });
  }
  const take = queue.getNextJob.bind(queue);
  queue.getNextJob = async () => {
    try {
      return await take();
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
    }
    // BRPOPLPUSH is refused, and nothing like it is allowed in a script.
    const keys = ['stalled', 'wait', 'active'].map((key) => queue.toKey(key));
    const id = await client.eval(TAKE, keys.length, ...keys);
    if (typeof id === 'string') return internals.moveToActive(id);
    await wait(FULL_POLL_MS, undefined, { ref: false });
    return undefined;
  };
}

/** What ioredis keeps of a script; its types hide it. */
interface Script {
  readonly lua: string;
  readonly numberOfKeys: number;
}

/** Gives a job of this worker back, for `delayMs` milliseconds, by one script. */
export async function delayJob(job: Job<unknown>, delayMs: number): Promise<void> {
  await (job as unknown as { moveToDelayed(at: number): Promise<void> }).moveToDelayed(Date.now() + delayMs);
}

/** Has a job that fails now go back to the queue for that long. Bull's own back-off needs room in Redis. */
export function giveBackLater(job: Job<unknown>, delayMs: number): void {
  job.moveToFailed = async () => {
    await delayJob(job, delayMs);
    return null;
  };
}

/** Has a job that is given back go back to a Redis, too, that is full, where the transaction in which Bull does so is refused. */
export function giveBackWhenFull(job: Job<unknown>): Job<unknown> {
  const giveBack = job.moveToFailed.bind(job);
  job.moveToFailed = async (error, ignoreLock) => {
    try {
      return await giveBack(error, ignoreLock);
    } catch (cause) {
      if (!(cause instanceof Error && /^(OOM|EXECABORT) /.test(cause.message))) throw cause;
      await delayJob(job, 0);
      return null;
    }
  };
  return job;
}
