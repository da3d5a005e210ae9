import type { Job, Queue } from 'bull';
import { JOB_NAME, narrowJob, readJob, type EventJob, type ReadJob } from '../../backends/async-routing/bull/event-job';
import type { StoredEvent } from '../../event/tracking-event';
import type { BullHub } from './bull-hub';
import { removeFailed } from './job-commands';

const SWEEP_PAGE = 100;

/** Makes dead letters of jobs, or of single events in them, that no node of this application can take. */
export class JobBurial {
  constructor(
    private readonly queue: Queue,
    private readonly hub: BullHub,
  ) {}

  /** Each event that can be read under its own id; the others as they are. */
  bury(job: Job<EventJob>, read: ReadJob, reason: string): void {
    const { tracker, path, events } = read;
    const keeper = this.hub.nearest(tracker);
    this.buryUnreadable(job, read);
    for (const { event, origin } of events) keeper?.keepLetter(path, event, reason, origin);
    keeper?.warnOnce(
      `buried ${tracker} ${path}`,
      `events became dead letters: ${reason}. See TrackingDeadLetters. (Told once.)`,
    );
  }

  /** Each as a job of its own, which can be redriven as it was. */
  buryUnreadable(job: Job<EventJob>, { unreadable }: ReadJob): void {
    for (const { index, reason } of unreadable) this.buryRaw(job, reason, narrowJob(job.data, [index]));
  }

  buryRaw(job: Job<unknown>, reason: string, data = job.data): void {
    const { tracker, path } = (data ?? {}) as Partial<ReadJob>;
    const event: StoredEvent = {
      ...{ name: 'unreadable job', timestamp: new Date(job.timestamp), id: String(job.id) },
      ...{ context: {}, data: { raw: data } },
    };
    const keeper = this.hub.nearest(String(tracker));
    keeper?.keepLetter(typeof path === 'string' ? path : keeper.path, event, `unreadable: ${reason}`, {
      isRaw: true,
    });
    keeper?.warnOnce(
      `unreadable ${this.queue.name}`,
      `a job of the queue "${this.queue.name}" became a dead letter: ${reason}. See TrackingDeadLetters. (Told once.)`,
    );
  }

  /** Buries the jobs that Bull gave up: each took its worker down again and again. */
  async sweep(): Promise<void> {
    for (let kept = 0; ;) {
      const jobs = (await this.queue.getFailed(kept, kept + SWEEP_PAGE - 1)) as (Job<unknown> | null)[];
      if (jobs.length === 0) return;
      for (const job of jobs) {
        const isOurs = job?.name === JOB_NAME && (await this.buryFailed(job, job.failedReason ?? 'unknown'));
        if (!isOurs) kept++;
      }
    }
  }

  /** @returns whether it was for this worker to bury: others look for them at the same time */
  async buryFailed(job: Job<unknown>, why: string): Promise<boolean> {
    if (!(await job.takeLock()) || !(await job.isFailed())) return false;
    const read = readJob(job.data);
    let buried = 0;
    if (typeof read === 'string') this.buryRaw(job, read);
    else if (read.events.length > 0) {
      this.bury(job as Job<EventJob>, read, `given-up: Bull gave the job up: ${why}`);
      buried = read.events.length + read.unreadable.length;
    }
    await removeFailed(job, typeof read === 'string' ? '' : read.emitter, buried);
    return true;
  }
}
