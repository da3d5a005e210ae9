import type { JobOptions, Queue } from 'bull';
import { SendFailedException } from '../../delivery/destination';
import type { QueuedEvent } from '../../delivery/queued-event';
import { whenConnected } from '../redis-connecting';
import { JOB_NAME, jobIdOf, writeJob } from './event-job';
import type { QueueWatch } from './queue-watch';
import { isOutOfMemory } from './redis-memory';

/**
 * Bull's own attempts only bring back the job of a worker that died or closed, which says nothing against the events: so there
 * are more than any deployment uses up. The worker itself forgets a job that is done (`forgetJob`); `removeOnComplete` is for those
 * that it could not forget. A time-out that the application gives its own jobs would run the same events twice side by side.
 */
const JOB_OPTIONS: Omit<JobOptions, 'repeat'> & { readonly repeat: undefined } = {
  attempts: 1000,
  removeOnComplete: { age: 600, count: 50_000 },
  removeOnFail: false,
  stackTraceLimit: 1,
  timeout: 0,
  // Of the application's defaultJobOptions, these two would run batches again, and hide their events from workers.
  repeat: undefined,
  preventParsingData: false,
};

/** The emitting end: one job for each batch. */
export class BullSender {
  constructor(
    private readonly queue: Queue,
    private readonly watch: QueueWatch,
    private readonly address: { readonly tracker: string; readonly path: string; readonly isProcessed: boolean },
  ) {}

  /** @throws SendFailedException while there is no connection: in Bull's own queue the events would be lost with the process */
  async send(entries: readonly QueuedEvent[]): Promise<void> {
    await whenConnected(this.queue.client);
    const { status } = this.queue.client;
    if (status !== 'ready') {
      throw SendFailedException.create({
        reason: `the Redis of the queue "${this.queue.name}" is not connected (${status})`,
        retryable: true,
      });
    }
    if (!(await this.watch.memory.hasRoom())) throw this.full();
    const unread = entries.filter(({ facts }) => facts.isRaw === true);
    const events = unread.length === 0 ? entries : entries.filter(({ facts }) => facts.isRaw !== true);
    const { emitter } = this.watch;
    const looked = this.watch.look();
    const added = [...unread.map((entry) => this.addRaw(entry)), ...(events.length > 0 ? [this.add(events)] : [])];
    try {
      await Promise.all([looked, ...added]);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      this.watch.memory.refused();
      throw this.full();
    }
    this.watch.put(events.length, emitter);
    this.watch.memory.add(entries.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  private full(): SendFailedException {
    return SendFailedException.create({
      reason: `the Redis of the queue "${this.queue.name}" is full`,
      retryable: true,
    });
  }

  private async add(entries: readonly QueuedEvent[]): Promise<void> {
    const { queue, watch, address } = this;
    const job = writeJob(entries, { ...address, emitter: watch.emitter });
    await queue.add(JOB_NAME, job, optionsFor(jobIdOf(`${address.tracker}:${address.path}`, entries)));
  }

  /** A job that a worker could not read, as it was: the next one may. */
  private async addRaw(entry: QueuedEvent): Promise<void> {
    const { raw } = entry.event(true).data;
    await this.queue.add(JOB_NAME, raw, optionsFor(jobIdOf('raw', [entry])));
  }
}

function optionsFor(jobId: string): JobOptions {
  return { ...JOB_OPTIONS, jobId };
}
