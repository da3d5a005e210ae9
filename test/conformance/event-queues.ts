/**
 * The queues of a case: each AsyncRoutingBackend has one of its own, on the Redis of the tests,
 * through Bull as an application has it. The case's own application only puts events there; they
 * are worked off by another, of the same tree, once the steps are over.
 */
import { randomUUID } from 'node:crypto';
import { BullModule } from '@nestjs/bull';
import Bull, { type Queue } from 'bull';
import { AsyncRoutingBackend, backend, type TrackerService } from 'nestjs-event-tracking';
import { bullQueue } from 'nestjs-event-tracking/bull';
import { readJob } from '../../src/transports/bull/event-job';
import { service } from '../support/services';
import { until } from '../support/until';

/** Looked up once: whether the server answers is asked in a process of its own. */
const url = service('redis');

export const hasQueueServer = url !== undefined;

export interface QueuedOfCase {
  readonly backend_name: string;
  readonly event: unknown;
}

export class EventQueues {
  private readonly names = new Map<string, string>();
  private readonly queues: Queue[] = [];

  get isEmpty(): boolean {
    return this.names.size === 0;
  }

  /** As the reference does it: the processors run at emit. */
  describe(path: string, host: Parameters<typeof backend>[2]): ReturnType<typeof backend> {
    const name = this.names.get(path) ?? `conformance-${randomUUID()}`;
    this.names.set(path, name);
    return backend(
      AsyncRoutingBackend,
      { processIn: 'emitter', queue: bullQueue(name, { concurrency: 1 }) },
      { ...host, imports: [BullModule.registerQueue({ name, redis: url ?? '' })] },
    );
  }

  /** What is in them, once the tracker has put it there, under the names of their nodes. */
  async queued(tracker: TrackerService): Promise<readonly QueuedOfCase[]> {
    await until(() => this.isAllQueued(tracker));
    const found: QueuedOfCase[] = [];
    for (const name of this.names.values()) {
      for (const { data } of (await this.open(name).getWaiting()).reverse()) {
        const job = readJob(data);
        if (typeof job === 'string') throw new Error(`a job cannot be read: ${job}`);
        found.push(...job.events.map(({ event }) => ({ backend_name: job.path, event })));
      }
    }
    return found;
  }

  /** Resolves when a worker has settled `events`. */
  async settled(worker: TrackerService, events: number): Promise<void> {
    const settled = (): number =>
      [...this.names.keys()].reduce((sum, path) => {
        const work = worker.ledger.node(path)?.work;
        return sum + (work === undefined ? 0 : work.received - work.pending);
      }, 0);
    await until(() => settled() >= events, settled);
    await worker.flush();
  }

  async remove(): Promise<void> {
    for (const queue of this.queues) {
      await queue.obliterate({ force: true });
      await queue.close();
    }
  }

  private isAllQueued(tracker: TrackerService): boolean {
    return [...this.names.keys()].every((path) => (tracker.ledger.destination(path)?.pending ?? 0) === 0);
  }

  private open(name: string): Queue {
    const queue = new Bull(name, url ?? '');
    this.queues.push(queue);
    return queue;
  }
}
