import type { Queue } from 'bull';
import { infoOf } from './redis-cluster';
import type { CarrierHost } from '../../queues/event-carrier';

/**
 * Limit of the memory kept free for workers to take and finish jobs: a fifth of `maxmemory`, but no
 * more than this many bytes.
 */
const MAX_RESERVED_BYTES = 268_435_456;
const RESERVED_SHARE = 0.2;
/**
 * Share of the usable memory below which Redis no longer counts as full, if it also has not been
 * full for RELIEVED_AFTER_MS. Without this, workers and web processes that alternately free and
 * fill the memory would cause a report for each job.
 */
const RELIEVED_SHARE = 0.5;
const RELIEVED_AFTER_MS = 10_000;
const STALE_MS = 1000;
/**
 * Estimate of a job's size in Redis: JOB_FACTOR times the length of its JSON, plus JOB_BYTES for
 * its keys and options.
 */
const JOB_FACTOR = 1.25;
const JOB_BYTES = 1000;

/** True if Redis refused a command or a script because `maxmemory` is reached. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.includes('OOM command not allowed');
}

/**
 * Tracks the free memory of a queue's Redis. A completely full Redis refuses the commands by which
 * workers take jobs, so new jobs are stopped earlier: with `noeviction` at 80 % of `maxmemory`, or
 * at 256 MiB below it if that is more. There is always capacity if Redis has no limit, evicts keys,
 * or does not let this user run INFO.
 *
 * States, each change of which is reported:
 * - Available: jobs may be added. A check at or above the limit, or a job refused by Redis, moves
 *   to Full.
 * - Full: a check below RELIEVED_SHARE of the limit moves to Available, if Redis has not been full
 *   for RELIEVED_AFTER_MS and no job was refused since one was accepted. If Redis has no known
 *   limit, the next accepted job does.
 */
export class RedisMemory {
  private usedBytes = 0;
  private maxBytes = Infinity;
  private lookedAt = -Infinity;
  private isFull = false;
  private fullAt = -Infinity;
  /**
   * True if a job was refused and none has been accepted since. A job may be larger than the
   * remaining memory.
   */
  private isRefusing = false;

  constructor(
    private readonly queue: Queue,
    private readonly reports: Pick<CarrierHost, 'warn' | 'tell'>,
  ) {}

  /**
   * True if a job may be added. Asks Redis only if the last check is old, or if the jobs added
   * since have used up the memory.
   */
  async hasRoom(): Promise<boolean> {
    if (performance.now() - this.lookedAt > STALE_MS || this.usedBytes >= this.limit) await this.look();
    return this.usedBytes < this.limit;
  }

  /**
   * Counts a job that was added since the last check.
   * @param length approximate length of its JSON
   */
  add(length: number): void {
    this.isRefusing = false;
    if (this.maxBytes === Infinity) this.report(false);
    this.usedBytes += JOB_BYTES + JOB_FACTOR * length;
  }

  /** Reports that Redis refused a job, which can happen before `hasRoom` returns false. */
  refused(): void {
    this.lookedAt = -Infinity;
    this.isRefusing = true;
    this.report(true);
  }

  /**
   * Checks the memory of Redis. Never rejects.
   * @returns the policy of Redis for full memory; undefined if unknown
   */
  async look(): Promise<string | undefined> {
    const info = await infoOf(this.queue, 'memory').catch(() => ''); // not every user may run INFO
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
        `the Redis of the queue "${name}" is full${this.shown()}: new events wait in the processes that emit them, until workers have freed memory. ` +
          'Fix: see whether the destinations of the workers are down, start more workers, or raise maxmemory.',
      );
    } else this.reports.tell(`the Redis of the queue "${name}" has free memory again.`);
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
