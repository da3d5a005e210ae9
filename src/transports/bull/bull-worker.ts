/**
 * Processes the jobs of a queue. A job is finished when each of its events is finished: until then
 * it must stay in Redis, and afterwards it must not run again. If this process, the job's lock or
 * its time limit ends in between, another worker gets the job. The job then contains only its
 * unfinished events if it could still be updated, and otherwise all events under the same ids.
 *
 * States of BullWorker:
 * - Idle: before `begin`.
 * - Waiting for Redis: `begin` moves here. Checks each second, and on each connection, whether
 *   Redis answers.
 * - Processing: begins when Redis answers. Bull takes jobs, also after later outages.
 * - Ending: `end` moves here. Bull takes no more jobs.
 * - Ended: `giveBack` moves here after running jobs have finished or returned to the queue.
 */
import type { Job, Queue } from 'bull';
import {
  isOfNewerFormat,
  JOB_NAME,
  narrowJob,
  readJob,
  type EventJob,
  type ReadJob,
  type UnreadableEvent,
} from './event-job';
import { atMost } from '../../common/at-most';
import { describeError } from '../../event/normal-form';
import type { WorkItem } from '../../routing/event-work';
import type { CarrierSurroundings } from '../../routing/queued-routing';
import type { BullHub } from './bull-hub';
import { answers, bullInternals } from './bull-internals';
import { JobBurial } from './job-burial';
import {
  countUnclaimed,
  forgetJob,
  forgetJobsDone,
  giveBackLater,
  giveBackWhenFull,
  settleJob,
  workWhenFull,
} from './job-commands';

/** Time limit in milliseconds for each step of closing, because Redis may be unreachable. */
const GIVE_BACK_MS = 2000;
/** Milliseconds between two checks of a Redis that does not answer at startup. */
const RETRY_MS = 1000;
/**
 * Milliseconds between two searches for finished jobs whose worker ended before it could remove
 * them.
 */
const FORGET_INTERVAL_MS = 60_000;
/** Overlap of successive searches in milliseconds, because the clocks of workers differ. */
const FORGET_OVERLAP_MS = 60_000;

/** Milliseconds before a job returns that this worker cannot process. Doubled each time. */
const FIRST_UNCLAIMED_MS = 1000;
const MAX_UNCLAIMED_MS = 60_000;

export interface WorkerOptions {
  /** Number of jobs at once. */
  readonly concurrency: number;
  /** Number of times that a job returns to the queue because this worker cannot process it. */
  readonly unclaimedTries: number;
}

export class BullWorker {
  private isBegun = false;
  private isEnding = false;
  private isCatchingUp = false;
  /** True once Bull takes jobs. */
  private isProcessing = false;
  private retryTimer: NodeJS.Timeout | undefined;
  /** Resolves when Bull starts no more jobs. Replaced by `end`. */
  private isPaused: Promise<unknown> = Promise.resolve();
  /** Running jobs by id. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly burial: JobBurial;
  /** Removals of finished jobs that are in progress. */
  private readonly forgetting = new Set<Promise<unknown>>();
  private forgetTimer: NodeJS.Timeout | undefined;
  /** Epoch milliseconds up to which finished jobs are removed. */
  private forgottenUntil: number | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly hub: BullHub,
    private readonly options: WorkerOptions,
  ) {
    this.burial = new JobBurial(queue, hub);
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
    this.forgetTimer = setInterval(this.onReady, FORGET_INTERVAL_MS).unref();
    if (queue.client.status === 'ready') this.onReady();
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
        if (!this.isEnding) this.warn(`the queue "${queue.name}" cannot be worked off: ${describeError(error)}`);
      });
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
    clearInterval(this.forgetTimer);
    if (!this.isProcessing) return;
    await atMost(GIVE_BACK_MS, Promise.allSettled([...this.underWay.values()]));
    if (!(await answers(queue))) return;
    // queue.whenCurrentJobsFinished is not used: it reconnects, and the process ends if that fails.
    await atMost(GIVE_BACK_MS, Promise.all(Object.values(bullInternals(queue).processing)));
    await atMost(GIVE_BACK_MS, this.giveBackUnbegun());
    await atMost(GIVE_BACK_MS, Promise.allSettled([...this.forgetting]));
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

  /** Removes finished jobs that their worker could not remove. Never rejects. */
  private async forgetDone(): Promise<void> {
    const { forgottenUntil } = this;
    const now = Date.now();
    const from = forgottenUntil === undefined ? '-inf' : forgottenUntil - FORGET_OVERLAP_MS;
    try {
      await forgetJobsDone(this.queue, from, now);
      this.forgottenUntil = now;
    } catch {
      // The next search finds them.
    }
  }

  private async handle(job: Job<unknown>): Promise<void> {
    const id = String(job.id);
    const done = this.work(job);
    const ended = done.then(
      () => undefined,
      () => undefined,
    );
    this.underWay.set(id, ended);
    void ended.finally(() => this.underWay.get(id) === ended && this.underWay.delete(id));
    await done;
  }

  private async work(job: Job<unknown>): Promise<void> {
    const read = this.read(job);
    if (typeof read === 'string') {
      if (isOfNewerFormat(job.data)) await this.leaveToOthers(job, read);
      this.burial.buryRaw(job, read);
      return;
    }
    const node = this.hub.find(read.tracker, read.path);
    if (node === undefined) {
      const reason = `this worker has no AsyncRoutingBackend "${read.path}" of tracker "${read.tracker}"; it has ${this.hub.known()}`;
      await this.leaveToOthers(job, reason);
      this.burial.bury(job as Job<EventJob>, read, `unknown-path: ${reason}`);
      await this.settle(job as Job<EventJob>, read, []);
      return;
    }
    const { items, indices, unreadable } = itemsOf(read, node);
    this.burial.buryUnreadable(job as Job<EventJob>, unreadable);
    const left = new Set(indices);
    await node.work.run(items, (at) => left.delete(indices[at] ?? -1));
    await this.settle(job as Job<EventJob>, read, [...left]);
  }

  /** Reads a job without throwing: an error would bring the job back at once, repeatedly. */
  private read(job: Job<unknown>): ReadJob | string {
    try {
      return readJob(job.data);
    } catch (error) {
      return `it cannot be read: ${describeError(error)}`;
    }
  }

  /**
   * Returns a job to the queue for another worker. In a rolling deployment, workers of two versions
   * share the queue.
   * @throws Error while the job may still return to the queue
   */
  private async leaveToOthers(job: Job<unknown>, reason: string): Promise<void> {
    const times = await countUnclaimed(job);
    if (times > this.options.unclaimedTries) return;
    this.hub
      .nearest('default')
      ?.warnOnce(
        `unclaimed ${reason}`,
        `jobs of the queue "${this.queue.name}" go back to it, for a worker that can take them: ${reason}. ` +
          'Fix: deploy the workers, too; what none takes within about an hour becomes a dead letter. (Told once.)',
      );
    giveBackLater(job, Math.min(FIRST_UNCLAIMED_MS * 2 ** (times - 1), MAX_UNCLAIMED_MS));
    throw new Error(reason);
  }

  private async settle(job: Job<EventJob>, read: ReadJob, left: readonly number[]): Promise<void> {
    const settled = read.events.length + read.unreadable.length - left.length;
    // Settled events must neither be sent again nor fill Redis, whether the job is finished or not.
    const settling = settleJob(job, narrowJob(job.data, left), read.emitter, settled);
    // If all events are settled, the job need not return because Redis could not be updated.
    await (left.length === 0 ? settling.catch(() => undefined) : settling);
    if (left.length === 0) return;
    // This worker would take the job again if it returned before Bull has paused.
    await atMost(GIVE_BACK_MS, this.isPaused);
    giveBackWhenFull(job);
    throw new Error(`the worker closes: ${String(left.length)} events go back to the queue`);
  }

  private warn(text: string): void {
    this.hub.nearest('default')?.warn(text);
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
      await this.forgetDone();
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
    if (job.name !== JOB_NAME) return;
    // After a failure, `forgetDone` finds the job.
    const forgotten = forgetJob(this.queue, String(job.id)).catch(() => undefined);
    this.forgetting.add(forgotten);
    void forgotten.then(() => this.forgetting.delete(forgotten));
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

/**
 * Converts the events of a job for its node. An event that cannot be converted does not affect the
 * others.
 */
function itemsOf(
  { events, isProcessed, unreadable: unread }: ReadJob,
  { work }: CarrierSurroundings,
): { items: WorkItem[]; indices: number[]; unreadable: UnreadableEvent[] } {
  const [items, indices, unreadable]: [WorkItem[], number[], UnreadableEvent[]] = [[], [], [...unread]];
  for (const { event, origin, index } of events) {
    try {
      items.push({ envelope: work.envelope(event, origin), isLent: true, isProcessed });
      indices.push(index);
    } catch (error) {
      unreadable.push({ index, reason: `one of its events cannot be read: ${describeError(error)}` });
    }
  }
  return { items, indices, unreadable };
}
