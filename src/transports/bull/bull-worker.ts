/**
 * A job is done when each of its events is: before that it must stay in Redis, and after it must not come back. What ends in
 * between, be it this process, its lock or its time, brings the job to another worker: narrowed to what is left of it where that
 * can still be written, else whole and under the same ids.
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

/** For what is still to be said to a Redis that may be gone. */
const GIVE_BACK_MS = 2000;
/** Before a Redis is asked again that did not let the worker begin. */
const RETRY_MS = 1000;
/** How often jobs are looked for that are done and that their worker, ended by then, could not forget. */
const FORGET_INTERVAL_MS = 60_000;
/** Workers have clocks of their own. */
const FORGET_OVERLAP_MS = 60_000;

/** Before a job comes again that this worker could not take: doubled each time. */
const FIRST_UNCLAIMED_MS = 1000;
const MAX_UNCLAIMED_MS = 60_000;

export interface WorkerOptions {
  /** Jobs at once. */
  readonly concurrency: number;
  /** How often a job goes back that this worker cannot take. */
  readonly unclaimedTries: number;
}

export class BullWorker {
  private isBegun = false;
  private isEnding = false;
  private isCatchingUp = false;
  /** Bull takes jobs. */
  private isProcessing = false;
  private retryTimer: NodeJS.Timeout | undefined;
  /** Once it ends: resolves when Bull begins no more jobs. */
  private isPaused: Promise<unknown> = Promise.resolve();
  /** By the id of the job. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly burial: JobBurial;
  /** Jobs that are done, while Redis is told to forget them. */
  private readonly forgetting = new Set<Promise<unknown>>();
  private forgetTimer: NodeJS.Timeout | undefined;
  /** Epoch milliseconds, up to which what is done is forgotten. */
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

  /** Not before Redis has answered: what Bull asks at its start it asks once, and where that is refused it never works. */
  private process(): void {
    if (this.isProcessing || this.isEnding) return;
    this.isProcessing = true;
    const { queue } = this;
    // Bull lets go of its promise, which rejects where the connection ends before it was there: the process would end with it.
    const nameWorker = queue.setWorkerName.bind(queue);
    queue.setWorkerName = () => nameWorker().catch(() => undefined);
    // Resolves when the queue is closed.
    queue
      .process(JOB_NAME, this.options.concurrency, (job: Job<unknown>) => this.handle(job))
      .catch((error: unknown) => {
        if (!this.isEnding) this.warn(`the queue "${queue.name}" cannot be worked off: ${describeError(error)}`);
      });
  }

  /** Takes no more jobs. */
  async end(): Promise<void> {
    if (!this.isBegun || this.isEnding) return;
    this.isEnding = true;
    clearTimeout(this.retryTimer);
    if (!this.isProcessing) return;
    // To wake what waits for a job Bull cuts a connection, and makes it anew, which may take for ever; nothing needs it any more.
    bullInternals(this.queue).bclient.connect = () => Promise.resolve();
    this.isPaused = this.queue.pause(true, true).catch(() => undefined);
    if (await answers(this.queue)) await atMost(GIVE_BACK_MS, this.isPaused);
  }

  /** Resolves when the jobs under way are done or given back, and Redis knows. */
  async giveBack(): Promise<void> {
    const { queue } = this;
    queue.client.off('ready', this.onReady);
    clearInterval(this.forgetTimer);
    if (!this.isProcessing) return;
    await atMost(GIVE_BACK_MS, Promise.allSettled([...this.underWay.values()]));
    if (!(await answers(queue))) return;
    // Not by queue.whenCurrentJobsFinished: it makes a connection anew, and where that fails the process ends.
    await atMost(GIVE_BACK_MS, Promise.all(Object.values(bullInternals(queue).processing)));
    await atMost(GIVE_BACK_MS, this.giveBackUnbegun());
    await atMost(GIVE_BACK_MS, Promise.allSettled([...this.forgetting]));
  }

  /** Bull takes the next job with the end of the last one, and after `end` begins none: it would be held until its lock is over. */
  private async giveBackUnbegun(): Promise<void> {
    const { queue } = this;
    const { token } = bullInternals(queue);
    for (const id of await queue.client.lrange(queue.toKey('active'), 0, -1)) {
      if (this.underWay.has(id) || (await queue.client.get(queue.toKey(`${id}:lock`))) !== token) continue;
      const job: Job | null = await queue.getJob(id).catch(() => null); // it may be no JSON
      if (job?.name === JOB_NAME) await giveBackWhenFull(job).moveToFailed({ message: 'the worker closes' });
    }
  }

  /** Never rejects. */
  private async forgetDone(): Promise<void> {
    const { forgottenUntil } = this;
    const now = Date.now();
    const from = forgottenUntil === undefined ? '-inf' : forgottenUntil - FORGET_OVERLAP_MS;
    try {
      await forgetJobsDone(this.queue, from, now);
      this.forgottenUntil = now;
    } catch {
      // They are still there the next time.
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

  /** A job that made this throw would come back at once, and then again. */
  private read(job: Job<unknown>): ReadJob | string {
    try {
      return readJob(job.data);
    } catch (error) {
      return `it cannot be read: ${describeError(error)}`;
    }
  }

  /**
   * In a rolling deployment workers of two versions share the queue.
   * @throws Error while the job may go back, for one that can take it
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
    // Done or not, what is settled must neither be sent again nor fill Redis.
    const settling = settleJob(job, narrowJob(job.data, left), read.emitter, settled);
    // Where all are, the job need not come back because Redis could not be told.
    await (left.length === 0 ? settling.catch(() => undefined) : settling);
    if (left.length === 0) return;
    // A job that goes back before Bull has paused is taken again by this very worker.
    await atMost(GIVE_BACK_MS, this.isPaused);
    giveBackWhenFull(job);
    throw new Error(`the worker closes: ${String(left.length)} events go back to the queue`);
  }

  private warn(text: string): void {
    this.hub.nearest('default')?.warn(text);
  }

  /** Also after an outage, in which a job may have failed unheard. */
  private readonly onReady = (): void => {
    clearTimeout(this.retryTimer);
    if (!this.isCatchingUp) void this.catchUp();
  };

  /** Never rejects. A connection is ready before Redis has let it in: what is asked of it then would pile up. */
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
      // They are still there, and looked for when the connection is there again.
    } finally {
      this.isCatchingUp = false;
    }
  }

  /** Of a job that is no JSON Bull tells nothing else, also when it gives the job up. */
  private readonly onError = (error: Error): void => {
    if (error instanceof SyntaxError) this.onReady();
  };

  private readonly onCompleted = (job: Job): void => {
    if (job.name !== JOB_NAME) return;
    const forgotten = forgetJob(this.queue, String(job.id)).catch(() => undefined); // `forgetDone` finds it
    this.forgetting.add(forgotten);
    void forgotten.then(() => this.forgetting.delete(forgotten));
  };

  /** Told of each attempt that failed, and by the one who looked also of those that are given up. */
  private readonly onFailed = (job: Job | null, error: Error): void => {
    if (job?.name !== JOB_NAME) return;
    job
      .isFailed()
      .then((isGivenUp) => (isGivenUp ? this.burial.buryFailed(job, error.message) : undefined))
      .catch(() => undefined); // it is still there, and swept after the next connection or start
  };
}

/** What a node is given of a job; an event that cannot be given to it costs itself alone. */
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
