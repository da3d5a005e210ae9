import { EventEmitter } from 'node:events';
import type { Job, Queue } from 'bull';
import type { WorkItem } from '../../../src/routing/queued-backend';
import type { CarrierHost } from '../../../src/queues/event-carrier';
import { JOB_NAME, type EventJob } from '../../../src/transports/bull/event-job';

/** The Redis client of a fake queue. Each command is a mock that a test may replace. */
export class FakeClient extends EventEmitter {
  status = 'ready';
  readonly ping = jest.fn(() => Promise.resolve('PONG'));
  readonly info = jest.fn((_section: string) => Promise.resolve(''));
  readonly eval = jest.fn((..._args: unknown[]): Promise<unknown> => Promise.resolve(0));
  readonly mget = jest.fn((..._keys: string[]): Promise<(string | null)[]> => Promise.resolve([]));
  readonly get = jest.fn((_key: string): Promise<string | null> => Promise.resolve(null));
  readonly set = jest.fn((..._args: unknown[]): Promise<string | null> => Promise.resolve('OK'));
  readonly lrange = jest.fn((): Promise<string[]> => Promise.resolve([]));
  readonly zrange = jest.fn((..._args: unknown[]): Promise<string[]> => Promise.resolve([]));
  readonly zrangebyscore = jest.fn((..._args: unknown[]): Promise<string[]> => Promise.resolve([]));
  readonly hmget = jest.fn((..._args: unknown[]): Promise<(string | null)[]> => Promise.resolve([]));

  /** Becomes ready, as after a connection. */
  connect(): void {
    this.status = 'ready';
    this.emit('ready');
  }
}

/** A Bull queue without Redis. */
export class FakeQueue extends EventEmitter {
  readonly name = 'tracking';
  readonly token = 'own-token';
  readonly client = new FakeClient();
  readonly bclient = { connect: () => Promise.reject(new Error('reconnected')) };
  readonly processing: Record<string, Promise<unknown>> = {};
  readonly jobs = new Map<string, Job<unknown>>();
  readonly added: { readonly name: string; readonly data: unknown; readonly options: Record<string, unknown> }[] = [];
  counts = { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0, paused: 0 };
  readonly pause = jest.fn(() => Promise.resolve());
  readonly getNextJob = jest.fn(() => Promise.resolve(undefined));
  readonly setWorkerName = jest.fn(() => Promise.reject(new Error('the connection ended')));
  readonly process = jest.fn((_name: string, _concurrency: number, handler: (job: Job<unknown>) => Promise<void>) => {
    this.handler = handler;
    return new Promise<void>((_resolve, reject) => (this.failProcessing = reject));
  });
  handler: (job: Job<unknown>) => Promise<void> = () => Promise.reject(new Error('nothing is processed yet'));
  failProcessing: (error: Error) => void = () => undefined;

  toKey(part: string): string {
    return `bull:tracking:${part}`;
  }

  getJobCounts(): Promise<typeof this.counts> {
    return Promise.resolve(this.counts);
  }

  getJob(id: string): Promise<Job<unknown> | null> {
    return Promise.resolve(this.jobs.get(id) ?? null);
  }

  add(name: string, data: unknown, options: Record<string, unknown>): Promise<void> {
    this.added.push({ name, data, options });
    return Promise.resolve();
  }

  get asQueue(): Queue {
    return this as unknown as Queue;
  }
}

export interface FakeJob {
  readonly job: Job<EventJob>;
  /** Times of the delays with which the job went back to the queue, and failures. */
  readonly moves: string[];
}

/** A job of a fake queue, which is found there by its id. */
export function jobOf(queue: FakeQueue, data: unknown, id = '7', name = JOB_NAME): FakeJob {
  const moves: string[] = [];
  const job = {
    ...{ id, name, data, timestamp: 1000, failedReason: 'stalled', queue },
    moveToFailed: ({ message }: Error) => Promise.resolve(void moves.push(`failed ${message}`)),
    moveToDelayed: (at: number) => Promise.resolve(void moves.push(`delayed ${String(at - Date.now())}`)),
    isFailed: jest.fn(() => Promise.resolve(true)),
    takeLock: jest.fn(() => Promise.resolve(true)),
    lockKey: () => `lock ${id}`,
  };
  queue.jobs.set(id, job as unknown as Job<unknown>);
  return { job: job as unknown as Job<EventJob>, moves };
}

/** Data of a job with these events. */
export function eventJob(events: readonly object[], more: Partial<EventJob> = {}): EventJob {
  return { format: 1, tracker: 'default', path: 'later', emitter: 'emitter', events, length: 100, ...more };
}

export function eventOf(id: string): object {
  return { id, name: `name ${id}`, timestamp: '2026-11-24T08:00:00.000Z', context: {}, data: { n: 1 } };
}

export interface FakeNode {
  readonly node: CarrierHost;
  /** Dead letters as `path: id (reason)`. */
  readonly letters: string[];
  readonly raws: unknown[];
  /** Ids of events that were passed to the children. */
  readonly given: string[];
  /** Ids of events that are not finished when the work ends. */
  readonly unfinished: Set<string>;
}

/** A node that finishes every event at once, except those that a test names. */
export function nodeOf(path = 'later', tracker = 'default'): FakeNode {
  const [letters, raws, given, unfinished] = [[] as string[], [] as unknown[], [] as string[], new Set<string>()];
  const work = {
    envelope: (event: { readonly id: string }) => {
      if (event.id === 'odd') throw new Error('no envelope');
      return event;
    },
    run: (items: readonly WorkItem[], onDone: (at: number) => void) => {
      for (const [at, { envelope, isRetained }] of items.entries()) {
        given.push(isRetained ? envelope.id : `${envelope.id}, not retained`);
        if (!unfinished.has(envelope.id)) onDone(at);
      }
      return Promise.resolve();
    },
  };
  const node: Partial<CarrierHost> = {
    ...{ path, tracker, work: work as unknown as CarrierHost['work'] },
    keepLetter: (to, { id, data }, reason, { isRaw }) => {
      letters.push(`${to}: ${id} (${reason})`);
      if (isRaw === true) raws.push(data['raw']);
    },
  };
  return { node: node as CarrierHost, letters, raws, given, unfinished };
}
