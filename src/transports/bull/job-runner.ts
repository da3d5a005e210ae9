import type { Job } from 'bull';
import { doubledDelayMs } from '../../common/backoff';
import { describeError } from '../../event/normal-form';
import type { WorkItem } from '../../routing/queued-backend';
import type { CarrierHost } from '../../queues/event-carrier';
import { sendTogether } from './bull-internals';
import type { BullNodes } from './bull-nodes';
import { isOfNewerFormat, narrowJob, readJob, type EventJob, type ReadJob, type UnreadableEvent } from './event-job';
import type { JobBurial } from './job-burial';
import { countUnclaimed, giveBackLater, giveBackWhenFull, settleJob } from './job-commands';

/** Milliseconds before a job returns that this worker cannot process. Doubled each time. */
const UNCLAIMED = { minDelayMs: 1000, maxDelayMs: 60_000 };

/** What running jobs needs from the worker. */
export interface RunnerParts {
  readonly queueName: string;
  readonly nodes: Pick<BullNodes, 'find' | 'list'>;
  readonly burial: Pick<JobBurial, 'bury' | 'buryRaw' | 'buryUnreadable'>;
  /** Number of times that a job returns to the queue because this worker cannot process it. */
  readonly unclaimedTries: number;
  readonly warnOnce: (key: string, text: string) => void;
  /** Resolves when this worker takes no more jobs, or cannot be stopped in time. */
  readonly whenPaused: () => Promise<unknown>;
}

/**
 * Runs a job: passes its events to their node and reduces the job to the events that are not
 * finished. Events that no node can process become dead letters.
 */
export class JobRunner {
  constructor(private readonly parts: RunnerParts) {}

  /**
   * Resolves when every event of the job is finished.
   * @throws Error if the job has to return to the queue
   */
  async run(job: Job<unknown>): Promise<void> {
    const { nodes, burial } = this.parts;
    const read = readSafely(job);
    if (typeof read === 'string') {
      if (isOfNewerFormat(job.data)) await this.leaveToOthers(job, read);
      burial.buryRaw(job, read);
      return;
    }
    const known = job as Job<EventJob>;
    const node = nodes.find(read.tracker, read.path);
    if (node === undefined) {
      const reason = `this worker has no AsyncRoutingBackend "${read.path}" of tracker "${read.tracker}"; it has ${nodes.list()}`;
      await this.leaveToOthers(job, reason);
      burial.bury(known, read, `unknown-path: ${reason}`);
      await this.settle(known, read, []);
      return;
    }
    const { items, indices, unreadable } = itemsOf(read, node);
    burial.buryUnreadable(known, unreadable);
    const left = new Set(indices);
    await node.work.run(items, (at) => left.delete(indices[at] ?? -1));
    await this.settle(known, read, [...left]);
  }

  /**
   * Returns a job to the queue for another worker. In a rolling deployment, workers of two versions
   * share the queue.
   * @throws Error while the job may still return to the queue
   */
  private async leaveToOthers(job: Job<unknown>, reason: string): Promise<void> {
    const { queueName, unclaimedTries, warnOnce } = this.parts;
    const times = await countUnclaimed(job);
    if (times > unclaimedTries) return;
    warnOnce(
      `unclaimed ${reason}`,
      `jobs of the queue "${queueName}" go back to it, for a worker that can take them: ${reason}. ` +
        'Fix: deploy the workers, too; jobs that no worker takes within about an hour become dead letters. (Logged once.)',
    );
    giveBackLater(job, doubledDelayMs(times - 1, UNCLAIMED));
    throw new Error(reason);
  }

  /**
   * Removes the finished events from the job and counts them.
   * @param left indices of the events that are not finished
   * @throws Error if there are any, so that the job returns to the queue
   */
  private async settle(job: Job<EventJob>, read: ReadJob, left: readonly number[]): Promise<void> {
    const settled = read.events.length + read.unreadable.length - left.length;
    sendTogether(job.queue);
    // Settled events must neither be sent again nor fill Redis, whether the job is finished or not.
    const settling = settleJob(job, narrowJob(job.data, left), read.emitter, settled);
    if (left.length === 0) {
      // Not awaited: Bull finishes the job with a later command on the same connection. If Redis
      // could not be updated, the job need not return.
      settling.catch(() => undefined);
      return;
    }
    await settling;
    // This worker would take the job again if it returned before Bull has paused.
    await this.parts.whenPaused();
    giveBackWhenFull(job);
    throw new Error(`the worker closes: ${String(left.length)} events go back to the queue`);
  }
}

/** Reads a job without throwing: an error would bring the job back at once, repeatedly. */
function readSafely(job: Job<unknown>): ReadJob | string {
  try {
    return readJob(job.data);
  } catch (error) {
    return `it cannot be read: ${describeError(error)}`;
  }
}

/**
 * Converts the events of a job for its node. An event that cannot be converted does not affect the
 * others.
 */
function itemsOf(
  { events, isProcessed, unreadable: unread }: ReadJob,
  { work }: CarrierHost,
): { items: WorkItem[]; indices: number[]; unreadable: UnreadableEvent[] } {
  const [items, indices, unreadable]: [WorkItem[], number[], UnreadableEvent[]] = [[], [], [...unread]];
  for (const { event, origin, index } of events) {
    try {
      items.push({ envelope: work.envelope(event, origin), isRetained: true, isProcessed });
      indices.push(index);
    } catch (error) {
      unreadable.push({ index, reason: `one of its events cannot be read: ${describeError(error)}` });
    }
  }
  return { items, indices, unreadable };
}
