import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { backend, type Destination, type IdentifiedEvent } from '../../../src/entries';
import { redisStreams } from '../../../src/entries/redis-streams';
import { describeWithServices } from '../../support/services';
import { closeLater, expectBalance, RecordingLogger, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { books, idsFrom, RedisBus } from './redis-bus';

const ROOT = join(__dirname, '../../..');

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
      expect.objectContaining({ reason: 'given-up: it was given to consumers 3 times, and never finished' }),
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
      sendBatch(events: readonly IdentifiedEvent[]): Promise<void> {
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
