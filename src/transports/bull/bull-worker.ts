import type { Job, Queue } from 'bull';
import { atMost } from '../../common/at-most';
import { describeError } from '../../event/normal-form';
import type { CarrierHost } from '../../queues/event-carrier';
import { answers, bullInternals } from './bull-internals';
import type { BullNodes } from './bull-nodes';
import { JOB_NAME } from './event-job';
import { FinishedJobs } from './finished-jobs';
import { JobBurial } from './job-burial';
import { giveBackWhenFull, workWhenFull } from './job-commands';
import { JobRunner } from './job-runner';

/** Time limit in milliseconds for each step of closing, because Redis may be unreachable. */
const GIVE_BACK_MS = 2000;
/** Milliseconds between two checks of a Redis that does not answer at startup. */
const RETRY_MS = 1000;
/**
 * Milliseconds between two searches for finished jobs whose worker ended before it could remove
 * them.
 */
const SEARCH_INTERVAL_MS = 60_000;

export interface WorkerOptions {
  /** Number of jobs at once. */
  readonly concurrency: number;
  /** Number of times that a job returns to the queue because this worker cannot process it. */
  readonly unclaimedTries: number;
}

/** Messages about the queue, which are logged by one of its nodes. */
export type WorkerReports = Pick<CarrierHost, 'warn' | 'warnOnce'>;

/**
 * Processes the jobs of a queue. A job is finished when each of its events is finished: until then
 * it must stay in Redis, and afterwards it must not run again. If this process, the job's lock or
 * its time limit ends in between, another worker gets the job. The job then contains only its
 * unfinished events if it could still be updated, and otherwise all events under the same ids.
 *
 * States:
 * - Idle: before `begin`.
 * - Waiting for Redis: `begin` moves here. Checks each second, and on each connection, whether
 *   Redis answers.
 * - Processing: begins when Redis answers. Bull takes jobs, also after later outages.
 * - Ending: `end` moves here. Bull takes no more jobs.
 * - Ended: `giveBack` moves here after running jobs have finished or returned to the queue.
 */
export class BullWorker {
  private isBegun = false;
  private isEnding = false;
  private isCatchingUp = false;
  /** True once Bull takes jobs. */
  private isProcessing = false;
  private retryTimer: NodeJS.Timeout | undefined;
  private searchTimer: NodeJS.Timeout | undefined;
  /** Resolves when Bull starts no more jobs. Replaced by `end`. */
  private isPaused: Promise<unknown> = Promise.resolve();
  /** Running jobs by id. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly burial: JobBurial;
  private readonly finished: FinishedJobs;
  private readonly runner: JobRunner;

  constructor(
    private readonly queue: Queue,
    nodes: BullNodes,
    private readonly options: WorkerOptions,
    private readonly reports: WorkerReports,
  ) {
    this.burial = new JobBurial(queue, nodes, reports);
    this.finished = new FinishedJobs(queue);
    this.runner = new JobRunner({
      ...{ queueName: queue.name, nodes, burial: this.burial, unclaimedTries: options.unclaimedTries },
      warnOnce: reports.warnOnce,
      whenPaused: () => atMost(GIVE_BACK_MS, this.isPaused),
    });
  }

  begin(): void {
    if (this.isBegun) return;
    this.isBegun = true;
    const { queue } = this;
    workWhenFull(queue);
    queue.on('failed', this.onFailed);
    queue.on('completed', this.onCompleted);
    queue.on('error', this.onError);
    queue.client.on('ready', this.onReady);
    this.searchTimer = setInterval(this.onReady, SEARCH_INTERVAL_MS).unref();
    if (queue.client.status === 'ready') this.onReady();
  }

  /** Stops taking jobs. */
  async end(): Promise<void> {
    if (!this.isBegun || this.isEnding) return;
    this.isEnding = true;
    clearTimeout(this.retryTimer);
    if (!this.isProcessing) return;
    // To stop waiting for a job, Bull closes a connection and reconnects it, which may take
    // forever. Nothing needs this connection any more.
    bullInternals(this.queue).bclient.connect = () => Promise.resolve();
    this.isPaused = this.queue.pause(true, true).catch(() => undefined);
    if (await answers(this.queue)) await atMost(GIVE_BACK_MS, this.isPaused);
  }

  /**
   * Resolves when running jobs are finished or returned to the queue and Redis has been updated, or
   * when a time limit has passed.
   */
  async giveBack(): Promise<void> {
    const { queue } = this;
    queue.client.off('ready', this.onReady);
    clearInterval(this.searchTimer);
    if (!this.isProcessing) return;
    await atMost(GIVE_BACK_MS, Promise.all(this.underWay.values()));
    if (!(await answers(queue))) return;
    // queue.whenCurrentJobsFinished is not used: it reconnects, and the process ends if that fails.
    await atMost(GIVE_BACK_MS, Promise.all(Object.values(bullInternals(queue).processing)));
    await atMost(GIVE_BACK_MS, this.giveBackUnbegun());
    await atMost(GIVE_BACK_MS, this.finished.whenRemoved());
  }

  /**
   * Starts processing. Call it only after Redis has answered: Bull sends its startup commands once,
   * and never works if they are refused.
   */
  private process(): void {
    if (this.isProcessing || this.isEnding) return;
    this.isProcessing = true;
    const { queue } = this;
    // Bull ignores the promise of setWorkerName. It rejects if the connection ends early, and the
    // unhandled rejection would end the process.
    const nameWorker = queue.setWorkerName.bind(queue);
    queue.setWorkerName = () => nameWorker().catch(() => undefined);
    // Resolves when the queue is closed.
    queue
      .process(JOB_NAME, this.options.concurrency, (job: Job<unknown>) => this.handle(job))
      .catch((error: unknown) => {
        if (!this.isEnding) this.reports.warn(`the queue "${queue.name}" cannot be processed: ${describeError(error)}`);
      });
  }

  private async handle(job: Job<unknown>): Promise<void> {
    const id = String(job.id);
    const done = this.runner.run(job);
    const ended = done.then(
      () => undefined,
      () => undefined,
    );
    this.underWay.set(id, ended);
    // The same job may run again before the end of this call is seen.
    void ended.finally(() => this.underWay.get(id) === ended && this.underWay.delete(id));
    await done;
  }

  /**
   * Returns jobs that were taken but not started. Bull takes the next job when one ends, but starts
   * none after `end`, and would hold it until its lock expires.
   */
  private async giveBackUnbegun(): Promise<void> {
    const { queue } = this;
    const { token } = bullInternals(queue);
    for (const id of await queue.client.lrange(queue.toKey('active'), 0, -1)) {
      if (this.underWay.has(id) || (await queue.client.get(queue.toKey(`${id}:lock`))) !== token) continue;
      const job: Job | null = await queue.getJob(id).catch(() => null); // it may not be JSON
      if (job?.name === JOB_NAME) await giveBackWhenFull(job).moveToFailed({ message: 'the worker closes' });
    }
  }

  /** Runs on each connection, because jobs may have failed unnoticed during an outage. */
  private readonly onReady = (): void => {
    clearTimeout(this.retryTimer);
    if (!this.isCatchingUp) void this.catchUp();
  };

  /**
   * Starts processing and handles jobs missed so far. Never rejects. A connection is ready before
   * Redis accepts the login, and commands sent then would accumulate.
   */
  private async catchUp(): Promise<void> {
    this.isCatchingUp = true;
    try {
      if (!(await answers(this.queue))) {
        if (!this.isProcessing && !this.isEnding) this.retryTimer = setTimeout(this.onReady, RETRY_MS).unref();
        return;
      }
      this.process();
      await this.finished.removeMissed();
      await this.burial.sweep();
    } catch {
      // The jobs are still there, and the next connection triggers another search.
    } finally {
      this.isCatchingUp = false;
    }
  }

  /**
   * Handles jobs that are not JSON. Bull reports them only by this error, even when it abandons the
   * job.
   */
  private readonly onError = (error: Error): void => {
    if (error instanceof SyntaxError) this.onReady();
  };

  private readonly onCompleted = (job: Job): void => {
    if (job.name === JOB_NAME) this.finished.remove(String(job.id));
  };

  /**
   * Called for each failed attempt. Also called for abandoned jobs, in the process that detected
   * them.
   */
  private readonly onFailed = (job: Job | null, error: Error): void => {
    if (job?.name !== JOB_NAME) return;
    job
      .isFailed()
      .then((isGivenUp) => (isGivenUp ? this.burial.buryFailed(job, error.message) : undefined))
      .catch(() => undefined); // the job is still there, and a later `sweep` handles it
  };
}
