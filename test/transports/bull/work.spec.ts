import { BullModule } from '@nestjs/bull';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AsyncRoutingBackend,
  backend,
  getTrackerToken,
  InjectTracker,
  MemoryBackend,
  processor,
  RoutingBackend,
  TrackerService,
  TrackingModule,
  type AsyncProcessor,
  type TrackingEvent,
} from '../../../src/entries';
import { bullQueue } from '../../../src/entries/bull';
import { down, Gate, quick } from '../../delivery/gate';
import { eventually } from '../../support/eventually';
import { LogFolder } from '../../support/log-folder';
import { describeWithServices } from '../../support/services';
import { closeLater, expectBalance, RecordingLogger, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { bullBackend, once, queueName, RedisView, registerQueue, startBull, timesOf, type BullRun } from './bull-run';

/** Emits an event for each that it processes, before and after a wait. */
@Injectable()
class Echo implements AsyncProcessor {
  constructor(@InjectTracker() private readonly tracker: TrackerService) {}

  async processAsync(event: TrackingEvent): Promise<void> {
    if (!event.name.startsWith('e')) return;
    this.tracker.emit(`before.${event.name}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.tracker.emit(`after.${event.name}`);
  }
}

@Injectable()
class Slow implements AsyncProcessor {
  async processAsync(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describeWithServices(['redis'], 'What a worker takes from a Bull queue', (urls) => {
  let name: string;
  let redis: RedisView;

  beforeEach(() => {
    name = queueName();
    redis = new RedisView(urls.redis, name);
  });

  const start = (more: Partial<Parameters<typeof startBull>[0]> = {}): Promise<BullRun> =>
    startBull({ url: urls.redis, name, ...more });
  const small = { delivery: { batch: { maxEvents: 10, maxWaitMs: 5 } } };

  it.each([
    ['without processors that wait', { maxEvents: 5 }, []],
    ['with processors that wait', { maxEvents: 5 }, [processor(Slow, undefined, { concurrency: 100 })]],
    ['by its bytes', { maxBytes: 1500 }, []],
    ['and would drop the oldest', { maxEvents: 5, whenFull: 'drop-oldest' }, []],
  ] as const)('waits there while a child is full, %s: nothing is dropped', async (_, gateDelivery, processors) => {
    const run = await start({ ...small, gateDelivery, processors, role: 'emitter' });
    const names = run.emit(200);
    await run.queued();
    const worker = await start({ gateDelivery, processors, role: 'worker' });
    let open = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => (open = resolve));
    worker.gate.behave = () => isOpen;
    await until(() => worker.gate.underWay > 0);
    await eventually(() => expect(worker.work.received).toBe(40));
    expect(await redis.jobs()).toEqual({ wait: 16, active: 4, completed: 0, failed: 0 });
    expect(worker.ledger.destination('later/gate')?.pending).toBeLessThanOrEqual(6);
    open();
    await worker.taken(200);
    await worker.atRest();
    expect(timesOf(worker.gate.names)).toEqual(once(names));
    expect(worker.ledger.destination('later/gate')?.dropped).toEqual({});
  });

  it('tells in the ledger how much of it waits', async () => {
    const web = await start({ ...small, role: 'emitter' });
    web.emit(50);
    await web.queued();
    // It is looked at every five seconds, and when the connection is there.
    const another = await start({ role: 'emitter' });
    await eventually(() =>
      expect(another.ledger.node('later')?.queue).toMatchObject({ waitingJobs: 5, activeJobs: 0 }),
    );
    expect(web.ledger.node('later')?.queue).toMatchObject({ unsettledEvents: 50, emptiedEvents: 0 });
  });

  it('stays in Redis while a durable child gathers and its destination is down', async () => {
    const directory = new LogFolder().path;
    const web = await start({ ...small, role: 'emitter' });
    const names = web.emit(400);
    await web.queued();
    const gateDelivery = { durable: true, directory, retry: { attempts: 1000, minDelayMs: 20, maxDelayMs: 20 } };
    const worker = await start({ gateDelivery, role: 'worker' });
    worker.gate.behave = down;
    await until(() => worker.ledger.destination('later/gate')?.breaker === 'open');
    const { received } = worker.work;
    const more = web.emit(100, 400);
    await web.queued();
    expect(worker.work.received).toBeLessThanOrEqual(received + 40);
    worker.gate.behave = () => Promise.resolve();
    await worker.taken(500);
    await worker.atRest();
    expect(timesOf(worker.gate.names)).toEqual(once([...names, ...more]));
  });

  it('has derived ids, parents and contexts for what is emitted while it is processed, the same when it runs again', async () => {
    const emitted = async (at: 'sync' | 'async'): Promise<unknown> => {
      let tracker = undefined as TrackerService | undefined;
      const sync = processor((event) => {
        if (!event.name.startsWith('e')) return;
        tracker?.emit(`before.${event.name}`);
        tracker?.emit(`after.${event.name}`);
      });
      const options = {
        backends: {
          later: bullBackend({
            ...{ url: urls.redis, name, node: { when: ['e0', 'e1'] } },
            processors: at === 'sync' ? [sync] : [processor(Echo)],
          }),
          derived: backend(MemoryBackend),
        },
      };
      const run = await startTracking({ ...options, logger: new RecordingLogger() });
      tracker = run.tracker;
      await until(() => run.events('derived').length >= 4);
      const events = run.events('derived').map(({ id, name: of, context }) => ({ id, of, context }));
      await run.app.close();
      return events.sort((one, other) => one.of.localeCompare(other.of));
    };
    const web = await start({ role: 'emitter' });
    web.tracker.context({ user_id: 7 }, () => web.emit(2));
    await web.queued();
    const [data] = await redis.data();
    for (const at of ['sync', 'async'] as const) {
      const first = await emitted(at);
      await redis.addJob(data);
      expect(await emitted(at)).toEqual(first);
      expect(first).toMatchObject([
        { of: 'after.e0', context: { user_id: 7 } },
        { of: 'after.e1', context: { user_id: 7 } },
        { of: 'before.e0', context: { user_id: 7 } },
        { of: 'before.e1', context: { user_id: 7 } },
      ]);
      await redis.addJob(data);
    }
  });

  it('is cut where each event emits another through the queue, without end', async () => {
    let tracker = undefined as TrackerService | undefined;
    const run = await start({ processors: [processor(() => tracker?.emit('again') as undefined)] });
    tracker = run.tracker;
    run.emit(1);
    await eventually(() => expect(run.ledger.tracker().dropped).toEqual({ loop: 1 }));
    await run.atRest();
    expect(run.gate.taken).toHaveLength(9);
    expect(run.work).toMatchObject({ received: 9, settled: 9 });
  });

  it('is taken by a worker and by "both", and not by an emitter', async () => {
    const emitter = await start({ role: 'emitter' });
    emitter.emit(1);
    await emitter.queued();
    const both = await start({ role: 'both' });
    await both.taken(1);
    await both.close();
    emitter.emit(1, 1);
    await emitter.queued();
    expect((await redis.jobs()).wait).toBe(1);
    const worker = await start({ role: 'worker' });
    await worker.taken(1);
    worker.emit(1, 2);
    await worker.taken(2);
    expect(emitter.gate.taken).toEqual([]);
  });

  it('is done only when the children of an AsyncRoutingBackend below have it', async () => {
    const inner = backend(
      AsyncRoutingBackend,
      {},
      { delivery: quick, backends: { inmost: backend(Gate, {}, { delivery: quick }) } },
    );
    const run = await start({ children: { inner }, options: { shutdownTimeoutMs: 500 } });
    const inmost = run.tracker.backend<Gate>('later/inner/inmost');
    inmost.behave = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      });
    run.emit(3);
    await until(() => inmost.underWay > 0);
    await run.taken(3);
    expect(run.work).toMatchObject({ received: 3, settled: 0, pending: 3 });
    await run.close();
    expect(run.work).toMatchObject({ settled: 0, returned: 3, pending: 0 });
    expect(run.ledger.node('later/inner')?.work).toMatchObject({ settled: 0, dropped: {}, pending: 0 });
    expect(await redis.jobs()).toMatchObject({ wait: 1, active: 0 });
    const next = await start({ children: { inner } });
    await until(() => next.tracker.backend<Gate>('later/inner/inmost').taken.length === 3);
    await next.atRest();
    expect(next.work).toMatchObject({ received: 3, settled: 3 });
  });

  it('goes to the tracker and the node that it is for, where they share one Queue', async () => {
    const queue = registerQueue({ name, url: urls.redis });
    const routed = (): ReturnType<typeof backend> =>
      backend(
        AsyncRoutingBackend,
        { queue: bullQueue(name) },
        { imports: [queue], delivery: quick, backends: { gate: backend(Gate, {}, { delivery: quick }) } },
      );
    const logger = new RecordingLogger();
    @Module({
      imports: [
        queue,
        TrackingModule.forRoot({
          logger,
          backends: { one: routed(), group: backend(RoutingBackend, undefined, { backends: { two: routed() } }) },
        }),
        TrackingModule.forRoot({ name: 'other', logger, backends: { one: routed() } }),
      ],
    })
    class AppModule {}
    const app = closeLater(await Test.createTestingModule({ imports: [AppModule] }).compile());
    await app.init();
    const tracker = app.get(TrackerService);
    const other = app.get<TrackerService>(getTrackerToken('other'), { strict: false });
    for (let n = 0; n < 50; n++) {
      tracker.emit(`e${String(n)}`);
      other.emit(`o${String(n)}`);
    }
    const names = (of: TrackerService, path: string): string[] => of.backend<Gate>(path).names;
    await eventually(() => expect(names(tracker, 'one/gate')).toHaveLength(50));
    await eventually(() => expect(names(tracker, 'group/two/gate')).toEqual(names(tracker, 'one/gate')));
    await eventually(() => expect(names(other, 'one/gate')).toHaveLength(50));
    expect(names(other, 'one/gate').every((of) => of.startsWith('o'))).toBe(true);
    await app.close();
    for (const { ledger } of [tracker, other]) expectBalance(ledger);
    expect(logger.warnings).toEqual([]);
    expect(await redis.jobs()).toMatchObject({ wait: 0, active: 0, failed: 0 });
  });

  it('may not come through a queue that only a global module offers, which closes it too early', async () => {
    @Module({
      imports: [BullModule.registerQueue({ name, redis: urls.redis })],
      exports: [BullModule],
    })
    class QueueModule {}
    const queues = { module: QueueModule, global: true };
    const options = {
      backends: {
        later: backend(
          AsyncRoutingBackend,
          { queue: bullQueue(name) },
          { backends: { memory: backend(MemoryBackend) } },
        ),
      },
    };
    await expect(startTracking(options, { imports: [queues] })).rejects.toThrow(
      /backends\.later \(AsyncRoutingBackend\): its queue ".*" is found only through a global module[^]*imports: \[BullModule\.registerQueue/,
    );
  });
});
