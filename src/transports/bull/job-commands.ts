/**
 * Redis commands of a worker, as scripts that also run when Redis is full. A full Redis refuses
 * each command that may need memory, but not after a script has written something. Every script
 * here therefore begins with a write that needs no memory, and commands that free memory come
 * first.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Job, Queue } from 'bull';
import { JOB_NAME } from './event-job';
import { settledKey } from './queue-watch';
import { isOutOfMemory } from './redis-memory';
import { bullInternals } from './bull-internals';

/** Milliseconds for which a count of settled events is kept after the last event was counted. */
const COUNT_TTL_MS = 604_800_000;
/**
 * Milliseconds for which the name of a finished job is kept: a batch whose reply was lost is sent
 * again as the same job, which must not run twice.
 */
const NAME_TTL_MS = 600_000;
/** Milliseconds between two attempts to take a job from a full Redis, on each connection. */
const FULL_POLL_MS = 500;
const PAGE = 100;

const COUNT = `if ARGV[1] ~= '0' then redis.call('INCRBY', KEYS[2], ARGV[1]) redis.call('PEXPIRE', KEYS[2], ARGV[2]) end`;

/** Updates a job only if it still exists, so that it is not created again. */
const SETTLE = `
if redis.call('HDEL', KEYS[1], 'data') == 1 then redis.call('HSET', KEYS[1], 'data', ARGV[3]) end
${COUNT}`;

/** Replaces job.remove, which would need the lock to be removed before the job. */
const BURY = `redis.call('DEL', KEYS[1], KEYS[3]) redis.call('ZREM', KEYS[4], ARGV[3]) ${COUNT}`;

/**
 * Keeps only the names of jobs. Bull treats any key of that name as the job, so one field is
 * enough.
 */
const FORGET = `
local kept = 0
for at = 2, #KEYS do
  local key, id = KEYS[at], ARGV[at + 1]
  if redis.call('HGET', key, 'name') == ARGV[1] and redis.call('ZREM', KEYS[1], id) == 1 then
    redis.call('DEL', key, key .. ':logs')
    redis.call('HSET', key, 'name', '')
    redis.call('PEXPIRE', key, ARGV[2])
  else kept = kept + 1 end
end
return kept`;

const TAKE = `redis.call('SREM', KEYS[1], '') return redis.call('RPOPLPUSH', KEYS[2], KEYS[3])`;

/** Begins with HDEL of a field that does not exist, because the first write must need no memory. */
const UNCLAIMED = `redis.call('HDEL', KEYS[1], '') return redis.call('HINCRBY', KEYS[1], 'unclaimed', 1)`;

/**
 * Scripts of Bull that begin with a write that needs memory, with the number of the key that holds
 * the stalled jobs.
 */
const REFUSED_SCRIPTS = { extendLock: 2, moveToActive: 5, moveStalledJobsToWait: 1 } as const;

/** Reduces a job to its unfinished events and counts the settled events for its emitter. */
export async function settleJob(job: Job<unknown>, left: object, emitter: string, settled: number): Promise<void> {
  const { queue } = job;
  const keys = [queue.toKey(String(job.id)), settledKey(queue, emitter)];
  await queue.client.eval(SETTLE, keys.length, ...keys, settled, COUNT_TTL_MS, JSON.stringify(left));
}

/** Removes a permanently failed job whose events have become dead letters. */
export async function removeFailed(job: Job<unknown>, emitter: string, settled: number): Promise<void> {
  const { queue } = job;
  const keys = [queue.toKey(String(job.id)), settledKey(queue, emitter), job.lockKey(), queue.toKey('failed')];
  await queue.client.eval(BURY, keys.length, ...keys, settled, COUNT_TTL_MS, String(job.id));
}

/**
 * Counts, in the job, how many times it came to a worker that cannot process it.
 * @returns the new count
 */
export async function countUnclaimed(job: Job<unknown>): Promise<number> {
  return Number(await job.queue.client.eval(UNCLAIMED, 1, job.queue.toKey(String(job.id))));
}

/**
 * Removes everything of finished jobs except their names, which expire ten minutes later.
 * @returns the number of jobs that stay unchanged, because they are the application's
 */
export async function forgetJobs(queue: Queue, ids: readonly string[]): Promise<number> {
  const keys = [queue.toKey('completed'), ...ids.map((id) => queue.toKey(id))];
  return Number(await queue.client.eval(FORGET, keys.length, ...keys, JOB_NAME, NAME_TTL_MS, ...ids));
}

/**
 * Applies `forgetJobs` to jobs that finished between these times (epoch milliseconds) and were not
 * removed yet.
 */
export async function forgetJobsDone(queue: Queue, from: number | '-inf', to: number): Promise<void> {
  const key = queue.toKey('completed');
  for (let kept = 0; ;) {
    const ids = await queue.client.zrangebyscore(key, from, to, 'LIMIT', kept, PAGE);
    if (ids.length === 0) return;
    kept += await forgetJobs(queue, ids);
  }
}

/**
 * Makes Bull take and keep jobs when Redis is full, because only finished jobs free memory there.
 */
export function workWhenFull(queue: Queue): void {
  const { client } = queue;
  const internals = bullInternals(queue);
  const { scriptsSet = {} } = client as unknown as { readonly scriptsSet?: Readonly<Record<string, Script>> };
  for (const [name, stalledKey] of Object.entries(REFUSED_SCRIPTS)) {
    const script = scriptsSet[name];
    const begin = `redis.call('SREM', KEYS[${String(stalledKey)}], '')\n`;
    // Several queues may share a client.
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
    // Redis refuses BRPOPLPUSH, and a script must not use a blocking command.
    const keys = ['stalled', 'wait', 'active'].map((key) => queue.toKey(key));
    const id = await client.eval(TAKE, keys.length, ...keys);
    if (typeof id === 'string') return internals.moveToActive(id);
    await wait(FULL_POLL_MS, undefined, { ref: false });
    return undefined;
  };
}

/** Data that ioredis keeps about a script, which its types omit. */
interface Script {
  readonly lua: string;
  readonly numberOfKeys: number;
}

/** Returns a job of this worker to the queue after `delayMs` milliseconds, with one script. */
export async function delayJob(job: Job<unknown>, delayMs: number): Promise<void> {
  await (job as unknown as { moveToDelayed(at: number): Promise<void> }).moveToDelayed(Date.now() + delayMs);
}

/**
 * Makes a job that is about to fail return to the queue after `delayMs` milliseconds. Bull's own
 * back-off needs memory in Redis.
 */
export function giveBackLater(job: Job<unknown>, delayMs: number): void {
  job.moveToFailed = async () => {
    await delayJob(job, delayMs);
    return null;
  };
}

/**
 * Makes a returned job reach a full Redis as well, which refuses the transaction that Bull uses for
 * this.
 */
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
