import { backend, MemoryBackend } from '../../../src/entries';
import { redisStreams } from '../../../src/entries/redis-streams';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, describeWithServices } from '../../support/services';
import { closeLater, expectBalance, startTracking } from '../../support/start-tracking';
import { FaultyWay } from '../../support/toxiproxy';
import { until } from '../../support/until';
import { books, idsFrom, RedisBus } from './redis-bus';

const large = { memory: backend(MemoryBackend, { maxEvents: 100_000 }) };
const soon = { delivery: { retry: { minDelayMs: 20, maxDelayMs: 100 } } };

describeWithPrograms(['redis'], 'A Redis that', (programs) => {
  let server: OwnServer;
  beforeAll(async () => {
    server = await OwnServer.start(programs.redis);
  });
  afterAll(async () => {
    await server.remove();
  });
  afterEach(async () => {
    await server.start().catch(() => undefined); // it runs, as a rule
  });

  it('is killed and started again, under load, costs no event', async () => {
    const bus = new RedisBus(server.url);
    const run = await startTracking({
      ...soon,
      backends: {
        sink: backend(MemoryBackend),
        out: bus.sender(),
        in: bus.receiver(large),
      },
      consumers: { bus: bus.consumer({ claimAfterMs: 500 }) },
    });
    let emitted = 0;
    const emit = (): void => {
      for (let n = 0; n < 20; n++) run.tracker.emit('e', { n: emitted++ });
    };
    const timer = setInterval(emit, 5);
    try {
      for (const enough of [500, 1000]) {
        await until(
          () => run.events('in/memory').length > enough,
          () => run.events('in/memory').length,
        );
        await server.kill();
        await server.start();
      }
      await until(() => run.events('in/memory').length > 2000);
    } finally {
      clearInterval(timer);
    }
    await run.tracker.flush();
    await bus.whenAllDone();
    const seen = new Set(run.events('in/memory').map(({ data }) => (data as { n: number }).n));
    expect(seen.size).toBe(emitted);
    expectBalance(run.ledger);
  }, 40_000);

  it('is not there at the start is waited for, and a send fails at once', async () => {
    const bus = new RedisBus(server.url);
    await server.kill();
    const run = await startTracking({
      ...soon,
      backends: { out: bus.sender(), in: bus.receiver() },
      consumers: { bus: bus.consumer() },
    });
    run.tracker.emit('e');
    await until(
      () => (run.ledger.destination('out')?.failedAttempts ?? 0) > 0,
      () => JSON.stringify(run.ledger.destination('out')),
    );
    await server.start();
    await until(() => run.names('in/memory').length === 1);
    await bus.whenAllDone();
  });

  it('is not there at the end does not keep the process', async () => {
    const bus = new RedisBus(server.url);
    const run = await startTracking({
      ...{ ...soon, shutdownTimeoutMs: 200 },
      backends: { out: bus.sender(), in: bus.receiver() },
      consumers: { bus: bus.consumer() },
    });
    await until(() => books(run).lag === 0);
    await server.kill();
    run.tracker.emit('e');
    const began = performance.now();
    await run.app.close();
    expect(performance.now() - began).toBeLessThan(3000);
    expect(run.ledger.destination('out')).toMatchObject({ accepted: 1, dropped: { shutdown: 1 }, pending: 0 });
  });

  it('forgets all (FLUSHALL) has the group made anew', async () => {
    const bus = new RedisBus(server.url);
    const run = await startTracking({
      backends: { in: bus.receiver() },
      consumers: { bus: bus.consumer({ blockMs: 500 }) },
    });
    await bus.add([{ name: 'before' }]);
    await bus.whenAllDone();
    await bus.redis.flushall();
    await bus.add([{ name: 'after' }]);
    await until(() => run.names('in/memory').length === 2);
    expect(run.names('in/memory')).toEqual(['before', 'after']);
    await bus.whenAllDone();
  });
});

describeWithServices(['redis', 'toxiproxy'], 'A way to Redis that', (urls) => {
  const wayTo = async (): Promise<FaultyWay> => {
    const way = await FaultyWay.to(urls.toxiproxy, urls.redis);
    closeLater({ close: () => way.delete() });
    return way;
  };

  it('cuts the replies of a batch off costs those entries another attempt, and no others', async () => {
    const bus = new RedisBus(urls.redis);
    const way = await wayTo();
    const producer = redisStreams({ url: way.url }).open({
      ...{ topic: bus.topic, place: 'out' },
      warn: () => undefined,
      tell: () => undefined,
    });
    closeLater(producer);
    const { signal } = new AbortController();
    const messages = idsFrom(5).map((id) => ({
      id,
      name: 'e',
      time: '2024-02-03T04:05:06+00:00',
      payload: Buffer.from(id),
    }));
    expect(await producer.send(messages.slice(0, 1), signal)).toEqual([]);
    // A reply is the id of the entry: '$15', a line end, 15 bytes, a line end.
    await way.add({ type: 'limit_data', bytes: 50 });
    const rejections = await producer.send(messages, signal);
    expect(rejections).toEqual(
      [2, 3, 4].map((index) => ({ index, retryable: true, reason: expect.stringMatching(/^Redis: /) as string })),
    );
  });

  it('is silent is given up when the time of the attempt is over, and made anew', async () => {
    const bus = new RedisBus(urls.redis);
    const way = await wayTo();
    const run = await startTracking({
      delivery: { timeoutMs: 300, retry: { minDelayMs: 20, maxDelayMs: 100 } },
      backends: { out: bus.sender({ producer: redisStreams({ url: way.url }) }) },
    });
    run.tracker.emit('first');
    await run.tracker.flush();
    const heal = await way.add({ type: 'stall' });
    run.tracker.emit('second');
    await until(() => (run.ledger.destination('out')?.failedAttempts ?? 0) > 0);
    await heal();
    await until(() => run.ledger.destination('out')?.delivered === 2);
  });

  it('is slow, and resets its connections, costs no event', async () => {
    const bus = new RedisBus(urls.redis);
    const way = await wayTo();
    const ids = idsFrom(2000);
    await way.add({ type: 'latency', latencyMs: 5, jitterMs: 5 });
    const run = await startTracking({
      backends: { in: bus.receiver(large) },
      consumers: { bus: bus.consumer({ url: way.url, claimAfterMs: 500, count: 20 }) },
    });
    const seen = (): Set<string> => new Set(run.events('in/memory').map(({ id }) => id));
    for (let round = 1; round <= 4; round++) {
      await bus.add(ids.slice((round - 1) * 500, round * 500).map((id) => ({ id })));
      await until(() => seen().size > (round - 1) * 500 + 50);
      const heal = await way.add({ type: 'reset_peer', timeoutMs: 0 });
      await heal();
    }
    await bus.whenAllDone();
    expect([...seen()].sort()).toEqual(ids);
    expect(books(run)).toMatchObject({ pending: 0, deadLettered: 0 });
  }, 40_000);
});
