/**
 * A job is done when each of its events is: before that it must stay in Redis, and after it must not come back. What ends in
 * between, be it this process, its lock or its time, brings the job to another worker: narrowed to what is left of it where that
 * can still be written, else whole and under the same ids.
 */
import type { Job, Queue } from 'bull';
import { JOB_NAME, narrowJob, readJob, type EventJob, type ReadJob } from '../../backends/async-routing/bull/event-job';
import { countSettled } from '../../backends/async-routing/bull/queue-watch';
import { describeError } from '../../event/normal-form';
import type { StoredEvent } from '../../event/tracking-event';
import type { BullHub } from './bull-hub';

const SWEEP_PAGE = 100;
/** For what is still to be said to a Redis that may be gone. */
const GIVE_BACK_MS = 2000;

export class BullWorker {
  private isBegun = false;
  private isEnding = false;
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly queue: Queue,
    private readonly hub: BullHub,
    private readonly concurrency: number,
  ) {}

  begin(): void {
    if (this.isBegun) return;
    this.isBegun = true;
    const { queue } = this;
    queue.on('failed', this.onFailed);
    // Resolves when the queue is closed.
    queue
      .process(JOB_NAME, this.concurrency, (job: Job<unknown>) => this.handle(job))
      .catch((error: unknown) => {
        if (!this.isEnding) this.warn(`the queue "${queue.name}" cannot be worked off: ${describeError(error)}`);
      });
    this.sweep().catch(() => undefined); // what is there is told of again when it fails again, and seen by the next start
  }

  /** Takes no more jobs. */
  async end(): Promise<void> {
    if (!this.isBegun || this.isEnding) return;
    this.isEnding = true;
    // Else it would wait for a connection that may never come.
    if (this.isConnected()) await this.queue.pause(true, true).catch(() => undefined);
  }

  /** Resolves when the jobs under way are done or given back, and Redis knows. */
  async giveBack(): Promise<void> {
    if (!this.isBegun) return;
    const isOver = new Promise((resolve) => setTimeout(resolve, GIVE_BACK_MS).unref());
    await Promise.race([Promise.allSettled([...this.underWay]), isOver]);
    if (!this.isConnected()) return;
    await Promise.race([this.queue.whenCurrentJobsFinished().catch(() => undefined), isOver]);
  }

  private isConnected(): boolean {
    return this.queue.client.status === 'ready';
  }

  private async handle(job: Job<unknown>): Promise<void> {
    const done = this.work(job);
    const ended = done.then(
      () => undefined,
      () => undefined,
    );
    this.underWay.add(ended);
    void ended.finally(() => this.underWay.delete(ended));
    await done;
  }

  private async work(job: Job<unknown>): Promise<void> {
    const read = readJob(job.data);
    if (typeof read === 'string') {
      this.buryRaw(job, read);
      return;
    }
    const node = this.hub.find(read.tracker, read.path);
    if (node === undefined) {
      this.bury(
        read,
        `unknown-path: this worker has no AsyncRoutingBackend "${read.path}" of tracker "${read.tracker}"; it has ${this.hub.known()}`,
      );
      return;
    }
    const left = new Set(read.events.keys());
    const items = read.events.map(({ event, origin }) => ({
      envelope: node.work.envelope(event, origin),
      isLent: true,
      isProcessed: read.isProcessed,
    }));
    await node.work.run(items, (index) => left.delete(index));
    await this.settle(job as Job<EventJob>, read, [...left]);
  }

  private async settle(job: Job<EventJob>, read: ReadJob, left: readonly number[]): Promise<void> {
    const settled = read.events.length - left.length;
    const counted = settled === 0 ? undefined : countSettled(this.queue, read.emitter, settled);
    // Done or not, what is settled must neither be sent again nor fill Redis.
    const narrowed = job.update(narrowJob(job.data, left));
    // Where all are, the job may be gone, and need not come back for that.
    await Promise.all([counted, left.length === 0 ? narrowed.catch(() => undefined) : narrowed]);
    if (left.length > 0) throw new Error(`the worker closes: ${String(left.length)} events go back to the queue`);
  }

  private bury({ tracker, path, events }: ReadJob, reason: string): void {
    const keeper = this.hub.nearest(tracker);
    for (const { event } of events) keeper?.keepLetter(path, event, reason, false);
    this.warn(`${String(events.length)} events became dead letters: ${reason}.`);
  }

  private buryRaw(job: Job<unknown>, reason: string): void {
    const { tracker, path } = (job.data ?? {}) as Partial<ReadJob>;
    const event: StoredEvent = {
      ...{ name: 'unreadable job', timestamp: new Date(job.timestamp), id: String(job.id) },
      ...{ context: {}, data: { raw: job.data } },
    };
    const keeper = this.hub.nearest(String(tracker));
    keeper?.keepLetter(typeof path === 'string' ? path : keeper.path, event, `unreadable: ${reason}`, true);
    this.warn(`a job of the queue "${this.queue.name}" became a dead letter: ${reason}.`);
  }

  /** Those that Bull gave up: a job that took its worker down again and again. */
  private async sweep(): Promise<void> {
    await this.queue.isReady();
    for (;;) {
      const jobs = (await this.queue.getFailed(0, SWEEP_PAGE - 1)).filter((job: Job | null) => job?.name === JOB_NAME);
      if (jobs.length === 0) return;
      for (const job of jobs) await this.buryFailed(job, job.failedReason ?? 'unknown');
    }
  }

  private async buryFailed(job: Job<unknown>, why: string): Promise<void> {
    const read = readJob(job.data);
    if (typeof read === 'string') this.buryRaw(job, read);
    else if (read.events.length > 0) this.bury(read, `given-up: Bull gave the job up: ${why}`);
    await job.remove();
  }

  private warn(text: string): void {
    this.hub.nearest('default')?.warn(text);
  }

  /** Told of each attempt that failed, and by the one who looked also of those that are given up. */
  private readonly onFailed = (job: Job | null, error: Error): void => {
    if (job?.name !== JOB_NAME) return;
    job
      .isFailed()
      .then((isGivenUp) => (isGivenUp ? this.buryFailed(job, error.message) : undefined))
      .catch(() => undefined); // it is still there, and swept by the next start
  };
}
