/**
 * Applications whose events go through a Bull queue to a gate, and what a test asks of them and of
 * Redis.
 */
import { randomUUID } from 'node:crypto';
import { BullModule } from '@nestjs/bull';
import type { JobOptions } from 'bull';
import Redis from 'ioredis';
import {
  AsyncRoutingBackend,
  backend,
  type AsyncRoutingBackendOptions,
  type BackendDescription,
  type DeliveryOptions,
  type TrackingModuleOptions,
} from '../../../src/entries';
import type { WorkCounts } from '../../../src/entries/types';
import { bullQueue } from '../../../src/entries/bull';
import type { ProcessorEntry } from '../../../src/routing/description';
import { Gate, quick } from '../../delivery/gate';
import { eventually } from '../../support/eventually';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';

export interface BullSetup {
  readonly url: string;
  readonly name: string;
  readonly role?: TrackingModuleOptions['role'];
  readonly concurrency?: number;
  /** 0 unless given, or a test of what no worker takes would wait for an hour. */
  readonly unclaimedTries?: number;
  /** Of Bull: how soon a job of a dead worker comes back. */
  readonly settings?: {
    lockDuration?: number;
    stalledInterval?: number;
    maxStalledCount?: number;
    guardInterval?: number;
    retryProcessDelay?: number;
  };
  /** Of the application, for all jobs of the queue. */
  readonly defaultJobOptions?: JobOptions;
  readonly node?: Omit<AsyncRoutingBackendOptions, 'queue'>;
  readonly processors?: readonly ProcessorEntry[];
  /** Of the node: how events get into the queue. */
  readonly delivery?: DeliveryOptions;
  /** Of the gate. */
  readonly gateDelivery?: DeliveryOptions;
  readonly children?: Readonly<Record<string, BackendDescription>>;
  readonly options?: TrackingModuleOptions;
}

/** A queue of its own. */
export function queueName(): string {
  return `faults-${randomUUID()}`;
}

/** Quick to find a server that came back: by itself Bull takes up to 20 seconds. */
export function registerQueue({
  name,
  url,
  settings,
  defaultJobOptions = {},
}: Pick<BullSetup, 'name' | 'url' | 'settings' | 'defaultJobOptions'>): ReturnType<typeof BullModule.registerQueue> {
  const { hostname, port, password } = new URL(url);
  return BullModule.registerQueue({
    name,
    redis: { host: hostname, port: Number(port), password, retryStrategy: () => 20 },
    settings: { stalledInterval: 200, ...settings },
    defaultJobOptions,
  });
}

export function bullBackend(setup: BullSetup): BackendDescription {
  const {
    name,
    concurrency,
    unclaimedTries = 0,
    node = {},
    processors = [],
    delivery = {},
    gateDelivery = {},
    children = {},
  } = setup;
  return backend(
    AsyncRoutingBackend,
    { queue: bullQueue(name, { concurrency, unclaimedTries }), ...node },
    {
      imports: [registerQueue(setup)],
      delivery: { ...quick, ...delivery },
      processors,
      backends: { gate: backend(Gate, {}, { delivery: { ...quick, ...gateDelivery } }), ...children },
    },
  );
}

export async function startBull(setup: BullSetup): Promise<BullRun> {
  const logger = new RecordingLogger();
  const run = await startTracking({
    backends: { later: bullBackend(setup) },
    role: setup.role,
    logger,
    ...setup.options,
  });
  return new BullRun(run, logger);
}

export class BullRun {
  readonly tracker: BuiltTracking['tracker'];
  readonly ledger: BuiltTracking['ledger'];
  readonly app: BuiltTracking['app'];
  readonly gate: Gate;

  constructor(
    { tracker, ledger, app }: BuiltTracking,
    readonly logger: RecordingLogger,
  ) {
    this.tracker = tracker;
    this.ledger = ledger;
    this.app = app;
    this.gate = tracker.backend<Gate>('later/gate');
  }

  get work(): WorkCounts {
    const { work } = this.ledger.node('later') ?? {};
    if (work === undefined) throw new Error('there is no work');
    return work;
  }

  /** Events of the names e0, e1, ... in order. */
  emit(count: number, from = 0): string[] {
    const names = Array.from({ length: count }, (_, at) => `e${String(from + at)}`);
    for (const name of names) this.tracker.emit(name, { filler: 'x'.repeat(200) });
    return names;
  }

  /** All that was emitted is in the queue. */
  async queued(): Promise<void> {
    await this.tracker.flush();
    await eventually(() => {
      expect(this.ledger.destination('later')).toMatchObject({ pending: 0, deadLettered: 0, dropped: {} });
    });
  }

  /** The gate of this worker has as many. */
  async taken(count: number): Promise<void> {
    await eventually(() => {
      expect(this.gate.taken.length).toBeGreaterThanOrEqual(count);
    });
  }

  /** Nothing is in its hands, and its books balance. */
  async atRest(): Promise<void> {
    await eventually(() => {
      expect(this.work.pending).toBe(0);
      expect(this.ledger.destination('later/gate')?.pending).toBe(0);
    });
    expectBalance(this.ledger);
  }

  async close(): Promise<void> {
    await this.app.close();
    expectBalance(this.ledger);
  }
}

/** How many of each, in order of their names. */
export function timesOf(names: readonly string[]): Record<string, number> {
  const times: Record<string, number> = {};
  for (const name of names) times[name] = (times[name] ?? 0) + 1;
  return times;
}

export function once(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 1]));
}

/** A look at Redis beside the application. */
export class RedisView {
  private readonly client: Redis;

  constructor(
    url: string,
    readonly name: string,
  ) {
    this.client = new Redis(url);
    this.client.on('error', () => undefined); // the test kills it
    open.add(this);
  }

  get redis(): Redis {
    return this.client;
  }

  key(part: string): string {
    return `bull:${this.name}:${part}`;
  }

  async jobs(): Promise<{ wait: number; active: number; completed: number; failed: number }> {
    const { client } = this;
    return {
      wait: await client.llen(this.key('wait')),
      active: await client.llen(this.key('active')),
      completed: await client.zcard(this.key('completed')),
      failed: await client.zcard(this.key('failed')),
    };
  }

  /** The data of the jobs that wait. */
  async data(): Promise<unknown[]> {
    const { client } = this;
    const ids = await client.lrange(this.key('wait'), 0, -1);
    return Promise.all(
      ids.map(async (id) => JSON.parse((await client.hget(this.key(id), 'data')) ?? 'null') as unknown),
    );
  }

  /** As an emitter of whichever version would. */
  addJob(data: unknown): Promise<string> {
    return this.addText(JSON.stringify(data));
  }

  async addText(data: string): Promise<string> {
    const id = randomUUID();
    const opts = { attempts: 1000, delay: 0, timestamp: 1, jobId: id, removeOnFail: false };
    await this.client
      .multi()
      .hset(this.key(id), {
        ...{ name: 'tracking-events', data, opts: JSON.stringify(opts), timestamp: 1, delay: 0 },
        ...{ priority: 0, attemptsMade: 0 },
      })
      .lpush(this.key('wait'), id)
      .exec();
    return id;
  }

  async untilGone(...ids: readonly string[]): Promise<void> {
    const ends = performance.now() + 10_000;
    while ((await this.client.exists(ids.map((id) => this.key(id)))) > 0) {
      if (performance.now() > ends) throw new Error(`still there: ${ids.join(', ')}`);
    }
  }

  async close(): Promise<void> {
    open.delete(this);
    if (this.client.status === 'ready') {
      const keys = await this.client.keys(this.key('*'));
      if (keys.length > 0) await this.client.del(keys);
    }
    this.client.disconnect();
  }
}

const open = new Set<RedisView>();

// After the applications, which are closed after each test.
afterAll(async () => {
  for (const view of open) await view.close();
});
