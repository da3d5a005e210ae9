import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { backend, MemoryBackend, type Destination, type StoredEvent } from '../../../src/entries';
import { redisStreams } from '../../../src/entries/redis-streams';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, describeWithServices } from '../../support/services';
import { closeLater, expectBalance, RecordingLogger, startTracking } from '../../support/start-tracking';
import { FaultyWay } from '../../support/toxiproxy';
import { until } from '../../support/until';
import { books, RedisBus } from './redis-bus';

const ROOT = join(__dirname, '../../..');
const large = { memory: backend(MemoryBackend, { maxEvents: 100_000 }) };
const soon = { delivery: { retry: { minDelayMs: 20, maxDelayMs: 100 } } };

/** A consumer in a process of its own. */
class Reader {
  private printed = '';
  private readonly child: ChildProcess;

  constructor(bus: RedisBus, name: string, slowMs: number) {
    const script = join(__dirname, 'redis-streams.child.ts');
    const args = ['-r', './scripts/swc-register.cjs', script, bus.url, bus.topic, name, String(slowMs)];
    this.child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.printed += chunk.toString()));
    closeLater({ close: () => this.end('SIGKILL') });
  }

  /** That it took, some of them more than once. */
  get ids(): string[] {
    return this.printed.split('\n').filter((line) => line.length === 36);
  }

  get isReady(): boolean {
    return this.printed.startsWith('ready');
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}

const idsFrom = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `0190a6f0-0000-7000-8000-${at.toString(16).padStart(12, '0')}`);

describeWithServices(['redis'], 'Two consumers of a group', (urls) => {
  it('lose nothing when one of them is killed: the other claims what it was working on', async () => {
    const bus = new RedisBus(urls.redis);
    const ids = idsFrom(600);
    const [first, second] = [new Reader(bus, 'first', 40), new Reader(bus, 'second', 10)];
    await until(() => first.isReady && second.isReady, undefined, 20_000); // or one is done before the other begins
    await bus.add(ids.map((id) => ({ id })));
    await until(() => first.ids.length > 20 && second.ids.length > 20, undefined, 20_000);
    await first.end('SIGKILL');
    expect(await bus.pending()).toBeGreaterThan(0);
    await bus.whenAllDone();
    expect([...new Set([...first.ids, ...second.ids])].sort()).toEqual(ids);
    expect(second.ids.length).toBeLessThan(ids.length);
  }, 40_000);

  it('have what one of them gives back at its end at once, and nothing twice', async () => {
    const bus = new RedisBus(urls.redis);
    const ids = idsFrom(400);
    const [first, second] = [new Reader(bus, 'first', 40), new Reader(bus, 'second', 10)];
    await until(() => first.isReady && second.isReady, undefined, 20_000); // or one is done before the other begins
    await bus.add(ids.map((id) => ({ id })));
    await until(() => first.ids.length > 20 && second.ids.length > 20, undefined, 20_000);
    await first.end('SIGTERM');
    await bus.whenAllDone();
    const all = [...first.ids, ...second.ids].sort();
    expect(all).toEqual(ids);
  }, 40_000);
});

describeWithServices(['redis'], 'A RedisStreamsConsumer', (urls) => {
  it('has at once what it was working on, when it is started again under its name', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add(idsFrom(5).map((id) => ({ id })));
    await bus.redis.xgroup('CREATE', bus.topic, bus.group, '0');
    await bus.redis.xreadgroup('GROUP', bus.group, 'me', 'COUNT', 5, 'STREAMS', bus.topic, '>');
    const run = await startTracking({
      backends: { in: bus.receiver() },
      consumers: { bus: bus.consumer({ name: 'me' }) },
    });
    await bus.whenAllDone();
    expect(run.events('in/memory').map(({ id }) => id)).toEqual(idsFrom(5));
  });

  it('leaves alone what another one works on, until that is silent for claimAfterMs', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add(idsFrom(2).map((id) => ({ id })));
    await bus.redis.xgroup('CREATE', bus.topic, bus.group, '0');
    const [[, entries]] = (await bus.redis.xreadgroup(
      ...(['GROUP', bus.group, 'other', 'COUNT', 2, 'STREAMS', bus.topic, '>'] as const),
    )) as [[string, [string, unknown][]]];
    const [gone, held] = entries.map(([id]) => id) as [string, string];
    // One of them is as if nothing had been heard of it for an hour.
    await bus.redis.call('XCLAIM', bus.topic, bus.group, 'other', '0', gone, 'IDLE', '3600000', 'JUSTID');
    const run = await startTracking({ backends: { in: bus.receiver() }, consumers: { bus: bus.consumer() } });
    await until(() => books(run).settled === 1);
    expect(run.events('in/memory').map(({ id }) => id)).toEqual(idsFrom(1));
    await run.app.close();
    expect(await bus.redis.xpending(bus.topic, bus.group, '-', '+', 10)).toEqual([
      [held, 'other', expect.any(Number), 1],
    ]);
  });

  it('keeps what was given to consumers too often as a dead letter', async () => {
    const bus = new RedisBus(urls.redis);
    const [spent] = (await bus.add([{ name: 'kills' }, { name: 'innocent' }])) as [string];
    await bus.redis.xgroup('CREATE', bus.topic, bus.group, '0');
    await bus.redis.xreadgroup('GROUP', bus.group, 'dead', 'COUNT', 2, 'STREAMS', bus.topic, '>');
    await bus.redis.call('XCLAIM', bus.topic, bus.group, 'dead', '0', spent, 'RETRYCOUNT', '3', 'JUSTID');
    const run = await startTracking({
      backends: { in: bus.receiver() },
      consumers: { bus: bus.consumer({ claimAfterMs: 1, maxDeliveries: 3 }) },
    });
    await bus.whenAllDone();
    expect(run.names('in/memory')).toEqual(['innocent']);
    expect(books(run)).toMatchObject({ received: 2, settled: 1, deadLettered: 1, pending: 0 });
    expect(run.tracker.deadLetters.list()).toEqual([
      expect.objectContaining({ reason: 'given-up: it was given to consumers 3 times, and never done' }),
    ]);
  });

  it('gives back at its end what a destination could not take, without counting it against the event', async () => {
    const bus = new RedisBus(urls.redis);
    class Away implements Destination {
      sendBatch(): Promise<void> {
        return Promise.reject(new Error('connection refused'));
      }
    }
    const away = backend(Away, undefined, { delivery: { batch: { maxWaitMs: 0 } } });
    const run = await startTracking({
      ...{ shutdownTimeoutMs: 300, backends: { in: bus.receiver({ away }) } },
      consumers: { bus: bus.consumer({ name: 'me' }) },
    });
    await bus.add([{}, {}]);
    await until(() => books(run).pending === 2);
    await run.app.close();
    expect(books(run)).toMatchObject({ received: 2, returned: 2, pending: 0 });
    const pending = (await bus.redis.xpending(bus.topic, bus.group, '-', '+', 10)) as [
      string,
      string,
      number,
      number,
    ][];
    expect(pending.map(([, , idleMs, deliveries]) => ({ isIdle: idleMs >= 60_000, deliveries }))).toEqual([
      { isIdle: true, deliveries: 0 },
      { isIdle: true, deliveries: 0 },
    ]);
  });

  it('leaves no consumer behind that nobody knows, and no connection', async () => {
    const bus = new RedisBus(urls.redis);
    const run = await startTracking({ backends: { in: bus.receiver() }, consumers: { bus: bus.consumer() } });
    await bus.add([{}]);
    await bus.whenAllDone();
    expect(await bus.redis.xinfo('CONSUMERS', bus.topic, bus.group)).toHaveLength(1);
    await run.app.close();
    expect(await bus.redis.xinfo('CONSUMERS', bus.topic, bus.group)).toEqual([]);
  });

  it('says what was cut off the stream before it was done, and goes on', async () => {
    const bus = new RedisBus(urls.redis);
    const [cut] = (await bus.add([{ name: 'cut' }, { name: 'kept' }])) as [string];
    await bus.redis.xgroup('CREATE', bus.topic, bus.group, '0');
    await bus.redis.xreadgroup('GROUP', bus.group, 'me', 'COUNT', 2, 'STREAMS', bus.topic, '>');
    await bus.redis.xdel(bus.topic, cut);
    const logger = new RecordingLogger();
    const run = await startTracking({
      logger,
      backends: { in: bus.receiver() },
      consumers: { bus: bus.consumer({ name: 'me' }) },
    });
    await bus.whenAllDone();
    expect(run.names('in/memory')).toEqual(['kept']);
    await until(() => logger.warnings.length > 0);
    expect(logger.warnings).toEqual([expect.stringContaining('were removed from it after they were read')]);
    expect(run.ledger.consumers()[0]?.missed).toBe(1);
  });

  it('has 100,000 events come through, each once, in their order', async () => {
    const bus = new RedisBus(urls.redis);
    const producer = redisStreams({ url: urls.redis, maxLen: null });
    const web = await startTracking({
      role: 'emitter',
      backends: { out: bus.sender({ producer }, { delivery: { maxEvents: 200_000, maxBytes: 2 ** 30 } }) },
    });
    const began = performance.now();
    for (let n = 0; n < 100_000; n++) web.tracker.emit('e', { n });
    await web.tracker.flush();
    const sent = performance.now();
    expect(await bus.redis.xlen(bus.topic)).toBe(100_000);
    let next = 0;
    class Counting {
      send({ data }: { data: object }): void {
        if ((data as { n: number }).n === next) next++;
      }
    }
    const run = await startTracking({
      backends: { in: bus.receiver({ counting: backend(Counting) }) },
      consumers: { bus: bus.consumer() },
    });
    await until(
      () => books(run).settled === 100_000,
      () => JSON.stringify(books(run)),
      60_000,
    );
    const read = performance.now();
    if (process.env['SHOW_RATES'] !== undefined)
      process.stderr.write(
        `sent ${String(Math.round(1e8 / (sent - began)))}/s, received ${String(Math.round(1e8 / (read - sent)))}/s\n`,
      );
    expect(next).toBe(100_000);
    await bus.whenAllDone();
    expect(books(run)).toMatchObject({ received: 100_000, settled: 100_000, duplicates: 0, pending: 0 });
    expectBalance(web.ledger);
    expectBalance(run.ledger);
  }, 90_000);

  it('stops under load with its books in balance, and the next one has the rest', async () => {
    const bus = new RedisBus(urls.redis);
    const ids = idsFrom(5000);
    await bus.add(ids.map((id) => ({ id })));
    const taken: string[] = [];
    class Sink implements Destination {
      sendBatch(events: readonly StoredEvent[]): Promise<void> {
        taken.push(...events.map(({ id }) => id));
        return Promise.resolve();
      }
    }
    const life = async (enough: number): Promise<void> => {
      const sink = backend(Sink, undefined, { delivery: { batch: { maxWaitMs: 0 } } });
      const run = await startTracking({
        backends: { in: bus.receiver({ sink }) },
        consumers: { bus: bus.consumer({ claimAfterMs: 100 }) },
      });
      await until(() => taken.length >= enough);
      await run.app.close();
      const { received, settled, duplicates, deadLettered, returned, pending } = books(run);
      expect({ deadLettered, duplicates, pending }).toEqual({ deadLettered: 0, duplicates: 0, pending: 0 });
      expect(settled + returned).toBe(received);
      expectBalance(run.ledger);
    };
    await life(500);
    await life(2000);
    await life(5000);
    expect(taken.sort()).toEqual(ids);
    expect(await bus.pending()).toBe(0);
  });
});

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
