/**
 * A job is done when each of its events is: before that it must stay in Redis, and after it must not come back. What ends in
 * between, be it this process, its lock or its time, brings the job to another worker: narrowed to what is left of it where that
 * can still be written, else whole and under the same ids.
 */
import type { Job, Queue } from 'bull';
import { JOB_NAME, narrowJob, readJob, type EventJob, type ReadJob } from '../../backends/async-routing/bull/event-job';
import { countSettled } from '../../backends/async-routing/bull/queue-watch';
import { atMost } from '../../event/at-most';
import { describeError } from '../../event/normal-form';
import type { StoredEvent } from '../../event/tracking-event';
import type { BullHub } from './bull-hub';

const SWEEP_PAGE = 100;
/** For what is still to be said to a Redis that may be gone. */
const GIVE_BACK_MS = 2000;
/** A Redis that does not answer in that time is taken for gone. */
const ANSWER_MS = 500;

export class BullWorker {
  private isBegun = false;
  private isEnding = false;
  /** Once it ends: resolves when Bull begins no more jobs. */
  private isPaused: Promise<unknown> = Promise.resolve();
  /** By the id of the job. */
  private readonly underWay = new Map<string, Promise<void>>();

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
    queue.client.on('ready', this.onReady);
    // Bull lets go of its promise, which rejects where the connection ends before it was there: the process would end with it.
    const nameWorker = queue.setWorkerName.bind(queue);
    queue.setWorkerName = () => nameWorker().catch(() => undefined);
    // Resolves when the queue is closed.
    queue
      .process(JOB_NAME, this.concurrency, (job: Job<unknown>) => this.handle(job))
      .catch((error: unknown) => {
        if (!this.isEnding) this.warn(`the queue "${queue.name}" cannot be worked off: ${describeError(error)}`);
      });
    if (this.isConnected()) this.onReady();
  }

  /** Takes no more jobs. */
  async end(): Promise<void> {
    if (!this.isBegun || this.isEnding) return;
    this.isEnding = true;
    // To wake what waits for a job Bull cuts a connection, and makes it anew, which may take for ever; nothing needs it any more.
    internals(this.queue).bclient.connect = () => Promise.resolve();
    this.isPaused = this.queue.pause(true, true).catch(() => undefined);
    if (await answers(this.queue)) await atMost(GIVE_BACK_MS, this.isPaused);
  }

  /** Resolves when the jobs under way are done or given back, and Redis knows. */
  async giveBack(): Promise<void> {
    if (!this.isBegun) return;
    const { queue } = this;
    queue.client.off('ready', this.onReady);
    await atMost(GIVE_BACK_MS, Promise.allSettled([...this.underWay.values()]));
    if (!(await answers(queue))) return;
    // Not by queue.whenCurrentJobsFinished: it makes a connection anew, and where that fails the process ends.
    await atMost(GIVE_BACK_MS, Promise.all(Object.values(internals(queue).processing)));
    await atMost(GIVE_BACK_MS, this.giveBackUnbegun());
  }

  /** Bull takes the next job with the end of the last one, and after `end` begins none: it would be held until its lock is over. */
  private async giveBackUnbegun(): Promise<void> {
    const { queue } = this;
    const { token } = internals(queue);
    for (const job of (await queue.getActive()) as (Job | null)[]) {
      if (job?.name !== JOB_NAME || this.underWay.has(String(job.id))) continue;
      if ((await queue.client.get(job.lockKey())) === token) await job.moveToFailed({ message: 'the worker closes' });
    }
  }

  private isConnected(): boolean {
    return this.queue.client.status === 'ready';
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
    const read = readJob(job.data);
    if (typeof read === 'string') {
      this.buryRaw(job, read);
      return;
    }
    const node = this.hub.find(read.tracker, read.path);
    if (node === undefined) {
      this.bury(
        job as Job<EventJob>,
        read,
        `unknown-path: this worker has no AsyncRoutingBackend "${read.path}" of tracker "${read.tracker}"; it has ${this.hub.known()}`,
      );
      await this.settle(job as Job<EventJob>, read, []);
      return;
    }
    this.buryUnreadable(job as Job<EventJob>, read);
    const left = new Set(read.events.map(({ index }) => index));
    const items = read.events.map(({ event, origin }) => ({
      envelope: node.work.envelope(event, origin),
      isLent: true,
      isProcessed: read.isProcessed,
    }));
    await node.work.run(items, (at) => left.delete(read.events[at]?.index ?? -1));
    await this.settle(job as Job<EventJob>, read, [...left]);
  }

  private async settle(job: Job<EventJob>, read: ReadJob, left: readonly number[]): Promise<void> {
    const settled = read.events.length + read.unreadable.length - left.length;
    // A count that fails must not bring back what is settled.
    const counted = settled === 0 ? undefined : countSettled(this.queue, read.emitter, settled).catch(() => undefined);
    // Done or not, what is settled must neither be sent again nor fill Redis.
    const narrowed = job.update(narrowJob(job.data, left));
    // Where all are, the job may be gone, and need not come back for that.
    await Promise.all([counted, left.length === 0 ? narrowed.catch(() => undefined) : narrowed]);
    if (left.length === 0) return;
    // A job that goes back before Bull has paused is taken again by this very worker.
    await atMost(GIVE_BACK_MS, this.isPaused);
    throw new Error(`the worker closes: ${String(left.length)} events go back to the queue`);
  }

  private bury(job: Job<EventJob>, read: ReadJob, reason: string): void {
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
  private buryUnreadable(job: Job<EventJob>, { unreadable }: ReadJob): void {
    for (const { index, reason } of unreadable) this.buryRaw(job, reason, narrowJob(job.data, [index]));
  }

  private buryRaw(job: Job<unknown>, reason: string, data = job.data): void {
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

  /** Those that Bull gave up: a job that took its worker down again and again. */
  private async sweep(): Promise<void> {
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
  private async buryFailed(job: Job<unknown>, why: string): Promise<boolean> {
    const { queue } = this;
    if (!(await job.takeLock()) || !(await job.isFailed())) return false;
    const read = readJob(job.data);
    if (typeof read === 'string') this.buryRaw(job, read);
    else if (read.events.length > 0) {
      this.bury(job as Job<EventJob>, read, `given-up: Bull gave the job up: ${why}`);
      const buried = read.events.length + read.unreadable.length;
      await countSettled(queue, read.emitter, buried).catch(() => undefined); // or it is buried again
    }
    // Not by job.remove, for which the lock would have to be gone before the job.
    const id = String(job.id);
    await queue.client.multi().zrem(queue.toKey('failed'), id).del(queue.toKey(id), job.lockKey()).exec();
    return true;
  }

  private warn(text: string): void {
    this.hub.nearest('default')?.warn(text);
  }

  /** Also after an outage, in which a job may have failed unheard. */
  private readonly onReady = (): void => {
    this.sweep().catch(() => undefined); // they are still there, and looked for when the connection is there again
  };

  /** Told of each attempt that failed, and by the one who looked also of those that are given up. */
  private readonly onFailed = (job: Job | null, error: Error): void => {
    if (job?.name !== JOB_NAME) return;
    job
      .isFailed()
      .then((isGivenUp) => (isGivenUp ? this.buryFailed(job, error.message) : undefined))
      .catch(() => undefined); // it is still there, and swept after the next connection or start
  };
}

/** What Bull's own types leave out. */
interface BullInternals {
  /** The value of the locks of this Queue. */
  readonly token: string;
  /** The connection on which it waits for jobs. */
  readonly bclient: { connect: () => Promise<void> };
  /** What each of its loops waits for. */
  readonly processing: Readonly<Record<string, Promise<unknown>>>;
}

function internals(queue: Queue): BullInternals {
  return queue as unknown as BullInternals;
}

/** Whether Redis does, by now. */
export async function answers({ client }: Queue): Promise<boolean> {
  if (client.status !== 'ready') return false;
  return (await atMost(ANSWER_MS, client.ping())) === 'PONG';
}
