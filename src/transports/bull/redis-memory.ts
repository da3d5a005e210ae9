import type { Queue } from 'bull';
import { infoOf } from './redis-cluster';
import type { WatchReports } from './queue-watch';

/** Kept free for what workers need to take jobs and to finish them: a fifth of `maxmemory`, but no more than this. */
const MAX_RESERVED_BYTES = 268_435_456;
const RESERVED_SHARE = 0.2;
/**
 * Redis is no longer called full once less than this share of what may be used is in use and no job
 * had to wait for so long: while workers empty what web processes fill, each job would be a report.
 */
const RELIEVED_SHARE = 0.5;
const RELIEVED_AFTER_MS = 10_000;
const STALE_MS = 1000;
/** In Redis a job takes this many times the length of its JSON, and its keys and options take this much besides. */
const JOB_FACTOR = 1.25;
const JOB_BYTES = 1000;

/** Whether Redis has refused a command, or a script, since `maxmemory` is reached. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.includes('OOM command not allowed');
}

/**
 * How full the Redis of a queue is. A Redis that is entirely full refuses what workers need to take a job, so new jobs stop
 * earlier: with `noeviction` at 80 % of `maxmemory`, or 256 MiB below it where that is more. Where Redis has no limit, evicts
 * keys instead, or does not let this user ask, there is always room.
 */
export class RedisMemory {
  private usedBytes = 0;
  private maxBytes = Infinity;
  private lookedAt = -Infinity;
  private isFull = false;
  private fullAt = -Infinity;
  /** A job was refused, and none has been taken since: a job may be larger than what is left. */
  private isRefusing = false;

  constructor(
    private readonly queue: Queue,
    private readonly reports: WatchReports,
  ) {}

  /** Whether a job may be added. Asks Redis only where the last answer is old, or the jobs added since have used up the room. */
  async hasRoom(): Promise<boolean> {
    if (performance.now() - this.lookedAt > STALE_MS || this.usedBytes >= this.limit) await this.look();
    return this.usedBytes < this.limit;
  }

  /** Counts a job that was added since the last look. @param length of its JSON text, in characters */
  add(length: number): void {
    this.isRefusing = false;
    if (this.maxBytes === Infinity) this.report(false);
    this.usedBytes += JOB_BYTES + JOB_FACTOR * length;
  }

  /** Reports a Redis that has refused a job, which it may do before `hasRoom` says so. */
  refused(): void {
    this.lookedAt = -Infinity;
    this.isRefusing = true;
    this.report(true);
  }

  /** Never rejects. @returns the policy of Redis for a memory that is full; undefined where it does not say */
  async look(): Promise<string | undefined> {
    const info = await infoOf(this.queue, 'memory').catch(() => ''); // not every user may ask
    this.lookedAt = performance.now();
    const policy = /^maxmemory_policy:(.*?)\r?$/m.exec(info)?.[1];
    const maxBytes = policy === 'noeviction' ? numberIn(info, 'maxmemory') : 0;
    this.maxBytes = maxBytes > 0 ? maxBytes : Infinity;
    this.usedBytes = numberIn(info, 'used_memory') - numberIn(info, 'mem_not_counted_for_evict');
    if (this.usedBytes >= this.limit) this.report(true);
    else if (!this.isRefusing && this.usedBytes < RELIEVED_SHARE * this.limit && this.isRelieved()) this.report(false);
    return policy;
  }

  private get limit(): number {
    const { maxBytes } = this;
    return maxBytes - Math.min(maxBytes * RESERVED_SHARE, MAX_RESERVED_BYTES);
  }

  private isRelieved(): boolean {
    return performance.now() - this.fullAt > RELIEVED_AFTER_MS;
  }

  private report(isFull: boolean): void {
    if (isFull) this.fullAt = performance.now();
    if (isFull === this.isFull) return;
    this.isFull = isFull;
    const { name } = this.queue;
    if (isFull) {
      this.reports.warn(
        `the Redis of the queue "${name}" is full${this.shown()}: new events wait in the processes that emit them, until workers have made room. ` +
          'Fix: see whether the destinations of the workers are down, start more workers, or raise maxmemory.',
      );
    } else this.reports.tell(`the Redis of the queue "${name}" has room again.`);
  }

  private shown(): string {
    const { maxBytes, usedBytes } = this;
    return maxBytes === Infinity ? '' : ` (${megabytes(usedBytes)} of maxmemory ${megabytes(maxBytes)} MB are used)`;
  }
}

function numberIn(info: string, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
