import Redis from 'ioredis';
import { eventually } from '../../support/eventually';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, describeWithServices } from '../../support/services';
import { FaultyWay } from '../../support/toxiproxy';
import { until } from '../../support/until';
import { once, queueName, RedisView, startBull, timesOf, type BullRun } from './bull-run';

describeWithServices(['redis', 'toxiproxy'], 'The way to the Redis of an AsyncRoutingBackend', (urls) => {
  let way: FaultyWay;
  let name: string;
  let redis: RedisView;
  const delivery = { batch: { maxEvents: 20, maxWaitMs: 5 }, retry: { minDelayMs: 5, maxDelayMs: 50 } };

  beforeEach(async () => {
    way = await FaultyWay.to(urls.toxiproxy, urls.redis);
    name = queueName();
    redis = new RedisView(urls.redis, name);
  });
  afterEach(() => way.delete());

  const start = (role: 'emitter' | 'worker', url: string, timeoutMs = 10_000): Promise<BullRun> =>
    startBull({ name, url, role, delivery: { timeoutMs, ...delivery }, options: { shutdownTimeoutMs: 1000 } });

  it('may be slow: emit does not wait for it, and each event arrives once', async () => {
    await way.add({ type: 'latency', latencyMs: 100 });
    const [web, worker] = [await start('emitter', way.url), await start('worker', way.url)];
    const begin = performance.now();
    const names = web.emit(200);
    expect(performance.now() - begin).toBeLessThan(2000); // 20 s if each emit waited
    await worker.taken(200);
    expect(timesOf(worker.gate.names)).toEqual(once(names));
    await worker.atRest();
  });

  it('may be cut in the middle of an add that has landed: the job has the same id again, and each event is seen once', async () => {
    const web = await start('emitter', way.url, 300);
    await until(() => web.ledger.node('later')?.queue?.lookedAt !== undefined);
    const names: string[] = [];
    const failed = (): number => web.ledger.destination('later')?.failedAttempts ?? 0;
    for (let jobs = 1; jobs <= 5; jobs++) {
      // Replies no longer pass, and the connection is cut after a while: what is sent lands, and
      // nobody here hears of it.
      const heal = await way.add({ type: 'timeout', timeoutMs: 50 });
      names.push(...web.emit(20, names.length));
      while ((await redis.jobs()).wait < jobs);
      await heal();
      await way.disable();
      const before = failed();
      await until(() => failed() > before || web.ledger.destination('later')?.pending === 0);
      await way.enable();
      await web.queued();
    }
    expect((await redis.jobs()).wait).toBe(5);
    const worker = await start('worker', urls.redis);
    await worker.taken(names.length);
    expect(timesOf(worker.gate.names)).toEqual(once(names));
    await worker.atRest();
  });

  it('may be reset again and again: no event is lost, whichever side it happens to', async () => {
    const [web, worker] = [await start('emitter', way.url), await start('worker', way.url)];
    const names: string[] = [];
    for (let round = 0; round < 6; round++) {
      names.push(...web.emit(100, names.length));
      const heal = await way.add(
        { type: 'reset_peer', timeoutMs: round * 3 },
        round % 2 === 0 ? 'upstream' : 'downstream',
      );
      names.push(...web.emit(100, names.length));
      await heal();
    }
    await until(
      () => new Set(worker.gate.names).size === names.length,
      () => new Set(worker.gate.names).size,
      15_000,
    );
    await worker.atRest();
    expect(web.ledger.destination('later')).toMatchObject({ dropped: {}, deadLettered: 0 });
  });
});

describeWithPrograms(['redis'], 'A Redis that forgets', ({ redis: program }) => {
  let server: OwnServer;
  let redis: Redis;
  const name = queueName();

  beforeEach(async () => {
    server = await OwnServer.start(program);
    redis = new Redis(server.url);
  });
  afterEach(async () => {
    redis.disconnect();
    await server.remove();
  });

  it('is found out when its queue was emptied: at most so many events are told and counted as lost, and later ones arrive', async () => {
    const web = await startBull({ url: server.url, name, role: 'emitter' });
    const worker = await startBull({ url: server.url, name, role: 'worker' });
    web.emit(30);
    await web.queued();
    await worker.taken(30);
    await worker.atRest();
    await worker.close();
    web.emit(50, 30);
    await web.queued();
    await redis.flushall();
    const later = web.emit(10, 80);
    await web.queued();
    await eventually(() => expect(web.ledger.node('later')?.queue?.emptiedEvents).toBeGreaterThanOrEqual(50));
    // What was settled before is not among them, where the worker could say so.
    expect(web.ledger.node('later')?.queue?.emptiedEvents).toBe(50);
    const told = web.logger.warnings.filter((text) => text.includes('was emptied'));
    expect(told).toEqual([expect.stringMatching(/at most 50 were in the queue and are lost \('queue emptied'/)]);
    const next = await startBull({ url: server.url, name, role: 'worker' });
    await next.taken(10);
    expect(next.gate.names).toEqual(later);
    await next.atRest();
    web.emit(1, 90);
    await web.queued();
    await next.taken(11);
    expect(web.logger.warnings.filter((text) => text.includes('was emptied'))).toHaveLength(1);
    // Those too of the batch that was on its way when it was found emptied.
    await eventually(() => {
      expect(web.ledger.node('later')?.queue).toMatchObject({ unsettledEvents: 0, emptiedEvents: 50 });
    });
  });

  it('is warned of at the start, where its policy is to evict jobs', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const run = await startBull({ url: server.url, name, role: 'emitter' });
    await eventually(() =>
      expect(run.logger.warnings.join()).toMatch(/may evict jobs[^]*maxmemory-policy allkeys-lru[^]*noeviction/),
    );
  });

  it('is not warned of, where it evicts nothing', async () => {
    const run = await startBull({ url: server.url, name, role: 'emitter' });
    run.emit(1);
    await run.queued();
    expect(run.logger.warnings).toEqual([]);
  });

  it('that is full refuses events, which wait until there is room', async () => {
    const web = await startBull({
      url: server.url,
      name,
      role: 'emitter',
      delivery: { retry: { minDelayMs: 5, maxDelayMs: 50 } },
    });
    web.emit(1);
    await web.queued();
    await redis.config('SET', 'maxmemory', '1');
    web.emit(10, 1);
    await until(() => (web.ledger.destination('later')?.lastError?.text ?? '').includes('is full'));
    await redis.config('SET', 'maxmemory', '0');
    await web.queued();
    const worker = await startBull({ url: server.url, name, role: 'worker' });
    await worker.taken(11);
    await worker.atRest();
  });
});
