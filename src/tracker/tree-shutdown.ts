import { atMost } from '../common/at-most';
import type { ConsumerRunner } from '../intake/consumer-runner';
import type { QueueInTree, RunningTree } from './running-tree';

/**
 * Maximum time in milliseconds for consumers to report finished events, or a quarter of the
 * remaining shutdown time if that is less.
 */
const CLOSE_CONSUMERS_MS = 5000;
/** Minimum time in milliseconds for queues and consumers to close, even if no time is left. */
const MIN_CLOSE_MS = 1000;

/**
 * Drains a tree from the top, once, when the application closes.
 *
 * The children write the events that a queue holds, and report to the queue which events they
 * accepted. So first the consumers end and the queues are worked off, then the children drain, and
 * then the queues keep the remaining events. An error of one part never keeps another part from
 * writing its events.
 */
export class TreeShutdown {
  private readonly queues: readonly QueueInTree[];
  private readonly localQueues: readonly QueueInTree[];
  /** Share of the time in milliseconds that is kept for the consumers to close. */
  private readonly closeMs: number;
  /** Until then the queues are worked off; the other half of the time is for the children. */
  private readonly half: number;

  /** @param deadline time by `performance.now()` at which the children must have written */
  constructor(
    private readonly tree: Pick<RunningTree, 'queues' | 'localQueues' | 'writersBeside'>,
    private readonly consumers: Pick<ConsumerRunner, 'count' | 'end' | 'stop' | 'close'>,
    private readonly deadline: number,
  ) {
    this.queues = tree.queues();
    this.localQueues = tree.localQueues();
    this.closeMs = consumers.count === 0 ? 0 : Math.min(CLOSE_CONSUMERS_MS, leftUntil(deadline) / 4);
    this.half = performance.now() + (leftUntil(deadline) - this.closeMs) / 2;
  }

  async run(): Promise<void> {
    await this.workOff();
    for (const { work } of this.queues) work.stop();
    this.consumers.stop();
    await this.drainChildren();
    await this.giveBack();
    await atMost(Math.max(leftUntil(this.deadline), MIN_CLOSE_MS), this.consumers.close());
  }

  /** Ends the input from outside, and passes the events of the queues to their children. */
  private async workOff(): Promise<void> {
    const { half, queues, consumers } = this;
    const hasEnded = Promise.allSettled([
      consumers.end(leftUntil(half)),
      ...queues.map(async ({ backend }) => backend.queue.endWork?.(leftUntil(half))),
    ]);
    for (const { sink } of this.localQueues) await atMost(leftUntil(half), sink?.flush?.());
    await atMost(leftUntil(half), hasEnded);
  }

  private async drainChildren(): Promise<void> {
    const end = this.deadline - this.closeMs;
    const children = this.tree.writersBeside(this.localQueues);
    await Promise.allSettled(children.map(async (writer) => writer.drain?.(leftUntil(end))));
  }

  /** Lets the queues keep the events that no child has accepted. */
  private async giveBack(): Promise<void> {
    await Promise.allSettled(this.localQueues.map(async ({ sink }) => sink?.drain?.(0)));
    const isGivenBack = Promise.allSettled(this.queues.map(async ({ backend }) => backend.queue.giveBack?.()));
    await atMost(Math.max(leftUntil(this.deadline), MIN_CLOSE_MS), isGivenBack);
  }
}

function leftUntil(time: number): number {
  return Math.max(time - performance.now(), 0);
}
