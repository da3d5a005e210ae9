import type { Queue } from 'bull';
import { forgetJobs, forgetJobsDone } from './job-commands';

/** Overlap of successive searches in milliseconds, because the clocks of workers differ. */
const OVERLAP_MS = 60_000;
/**
 * Milliseconds for which a finished job waits for others. One command for each job would cost as
 * much as finishing it.
 */
const GATHER_MS = 50;
/** Number of jobs that are removed at once. */
const MAX_GATHERED = 100;

/**
 * Removes finished jobs, of which only the name stays for a while. A job that could not be removed
 * when it finished, because its worker or Redis failed, is removed by the next search.
 */
export class FinishedJobs {
  /** Ids of jobs that are removed soon. */
  private gathered: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** Removals that are in progress. */
  private readonly removing = new Set<Promise<unknown>>();
  /** Epoch milliseconds up to which finished jobs are removed. */
  private removedUntil: number | undefined;

  constructor(private readonly queue: Queue) {}

  /** Removes a job that has just finished, together with others that finish now. */
  remove(id: string): void {
    if (this.gathered.push(id) >= MAX_GATHERED) this.removeGathered();
    else this.timer ??= setTimeout(this.removeGathered, GATHER_MS).unref();
  }

  /** Removes finished jobs that `remove` could not remove. Never rejects. */
  async removeMissed(): Promise<void> {
    const { removedUntil } = this;
    const now = Date.now();
    const from = removedUntil === undefined ? '-inf' : removedUntil - OVERLAP_MS;
    try {
      await forgetJobsDone(this.queue, from, now);
      this.removedUntil = now;
    } catch {
      // The next search finds them.
    }
  }

  /** Resolves when the jobs that have finished so far are removed. Never rejects. */
  async whenRemoved(): Promise<void> {
    this.removeGathered();
    await Promise.all(this.removing);
  }

  private readonly removeGathered = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ids = this.gathered;
    if (ids.length === 0) return;
    this.gathered = [];
    const removed = forgetJobs(this.queue, ids).catch(() => undefined); // left to `removeMissed`
    this.removing.add(removed);
    void removed.then(() => this.removing.delete(removed));
  };
}
