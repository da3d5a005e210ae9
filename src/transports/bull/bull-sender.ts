import type { JobOptions, Queue } from 'bull';
import { SendFailedException } from '../../delivery/destination';
import type { QueuedEvent } from '../../delivery/queued-event';
import { whenConnected } from '../redis-connecting';
import { sendTogether } from './bull-internals';
import { JOB_NAME, jobIdOf, writeJob } from './event-job';
import { addJobText } from './job-text';
import type { QueueWatch } from './queue-watch';
import { isOutOfMemory } from './redis-memory';

/**
 * Options of each job. Bull uses an attempt when the worker of a job crashed or closed, which says
 * nothing about the events, so there are more attempts than any deployment uses. The worker removes
 * a finished job (`forgetJobs`); `removeOnComplete` covers jobs that it could not remove. A timeout
 * from the application's job defaults would run the same events twice in parallel.
 */
const JOB_OPTIONS: Omit<JobOptions, 'repeat'> & { readonly repeat: undefined } = {
  attempts: 1000,
  removeOnComplete: { age: 600, count: 50_000 },
  removeOnFail: false,
  stackTraceLimit: 1,
  timeout: 0,
  // These two options of the application's defaultJobOptions would repeat batches and hide their
  // events from workers.
  repeat: undefined,
  preventParsingData: false,
};

/** Adds batches to the queue as jobs. */
export class BullSender {
  constructor(
    private readonly queue: Queue,
    private readonly watch: QueueWatch,
    private readonly address: { readonly tracker: string; readonly path: string; readonly isProcessed: boolean },
  ) {}

  /**
   * Sends one batch as one job. Entries of unreadable jobs are sent as separate jobs.
   * @throws SendFailedException without a connection, because events in Bull's own buffer would be
   *   lost with the process
   */
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
    sendTogether(this.queue);
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
    await addJobText(queue, job, optionsFor(jobIdOf(`${address.tracker}:${address.path}`, entries)));
  }

  /** Adds a job unchanged that a worker could not read, because another worker may be able to. */
  private async addRaw(entry: QueuedEvent): Promise<void> {
    const { raw } = entry.event(true).data;
    await this.queue.add(JOB_NAME, raw, optionsFor(jobIdOf('raw', [entry])));
  }
}

function optionsFor(jobId: string): JobOptions {
  return { ...JOB_OPTIONS, jobId };
}
