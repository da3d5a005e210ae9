import { randomUUID } from 'node:crypto';
import { redisStreams } from '../../../src/entries/redis-streams';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, describeWithServices } from '../../support/services';
import { closeLater, RecordingLogger, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { books, RedisBus } from './redis-bus';

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({ name: `e-${String(from + at)}` }));

describeWithServices(['redis'], 'Entries that are cut off a stream before a group has read them', (urls) => {
  async function reading(bus: RedisBus, options = {}) {
    const logger = new RecordingLogger();
    const run = await startTracking({
      logger,
      backends: { in: bus.receiver() },
      consumers: { bus: bus.consumer({ blockMs: 200, ...options }) },
    });
    const gaps = (): string[] => logger.warnings.filter((text) => text.includes('removed before the group'));
    return { run, gaps };
  }

  it('are counted, reported, and not part of the lag', async () => {
    const bus = new RedisBus(urls.redis);
    const first = await reading(bus);
    await bus.add(numbered(5));
    await bus.whenAllDone();
    await first.run.app.close();
    await bus.add(numbered(40, 5));
    await bus.redis.xtrim(bus.topic, 'MAXLEN', 10);
    const { run, gaps } = await reading(bus);
    await until(() => books(run).settled === 10);
    await until(
      () => books(run).lag === 0,
      () => JSON.stringify(books(run)),
    );
    expect(books(run)).toMatchObject({ received: 10, missed: 30, lag: 0 });
    expect(gaps()).toEqual([expect.stringContaining('had 30 entries removed')]);
    expect(await bus.redis.xinfo('GROUPS', bus.topic)).toMatchObject([expect.arrayContaining(['lag', 0])]);
  });

  it('are counted where all of them were cut off, and where the group has never read', async () => {
    const bus = new RedisBus(urls.redis);
    const first = await reading(bus, { start: 'group' });
    await until(() => books(first.run).lag === 0);
    await first.run.app.close();
    await bus.add(numbered(7));
    await bus.redis.xtrim(bus.topic, 'MAXLEN', 0);
    const { run, gaps } = await reading(bus);
    await until(() => books(run).missed > 0);
    expect(books(run)).toMatchObject({ received: 0, missed: 7 });
    expect(gaps()).toHaveLength(1);
  });

  it('are counted once, by one of the consumers of the group', async () => {
    const bus = new RedisBus(urls.redis);
    const first = await reading(bus);
    await bus.add(numbered(5));
    await bus.whenAllDone();
    await first.run.app.close();
    await bus.add(numbered(20));
    await bus.redis.xtrim(bus.topic, 'MAXLEN', 8);
    const [one, other] = await Promise.all([reading(bus), reading(bus)]);
    await bus.whenAllDone();
    expect(books(one.run).missed + books(other.run).missed).toBe(12);
    expect(one.gaps().length + other.gaps().length).toBe(1);
  });

  it('are not counted by a group that is new, nor where what was cut off had been read', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add(numbered(20));
    await bus.redis.xtrim(bus.topic, 'MAXLEN', 8);
    const first = await reading(bus);
    await bus.whenAllDone();
    await bus.add(numbered(5));
    await bus.whenAllDone();
    await bus.redis.xtrim(bus.topic, 'MAXLEN', 2);
    await bus.redis.xtrim(bus.topic, 'MAXLEN', 0);
    await first.run.app.close();
    const { run, gaps } = await reading(bus);
    await bus.add(numbered(3));
    await bus.whenAllDone();
    expect(books(first.run)).toMatchObject({ received: 13, missed: 0 });
    expect(books(run)).toMatchObject({ received: 3, missed: 0 });
    expect([...first.gaps(), ...gaps()]).toEqual([]);
  });
});

describeWithServices(['redis'], 'A stream without a maxLen', (urls) => {
  const messages = (count: number) =>
    Array.from({ length: count }, () => ({
      ...{ id: randomUUID(), name: 'e', time: '2024-02-03T04:05:06+00:00', payload: Buffer.from('x') },
    }));

  function sending(bus: RedisBus, options = {}) {
    const warnings: string[] = [];
    const producer = redisStreams({ url: bus.url, ...options }).open({
      ...{ topic: bus.topic, place: 'out', tell: () => undefined },
      warn: (text) => warnings.push(text),
    });
    const { signal } = new AbortController();
    const send = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= 500) await producer.send(messages(Math.min(500, left)), signal);
    };
    return { producer, warnings, send };
  }

  /**
   * Sends on until the stream, which is trimmed beside sending, is so short. @returns its length
   */
  async function lengthBelow(limit: number, bus: RedisBus, send: (count: number) => Promise<void>): Promise<number> {
    let length = Infinity;
    await until(async () => {
      await send(500);
      length = await bus.redis.xlen(bus.topic);
      return length < limit;
    });
    return length;
  }

  it('keeps what a group has not read, and about the last 10,000 of what all groups have read', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.redis.xgroup('CREATE', bus.topic, 'quick', '0', 'MKSTREAM');
    await bus.redis.xgroup('CREATE', bus.topic, 'slow', '0');
    const { producer, send } = sending(bus);
    await send(25_000);
    expect(await bus.redis.xlen(bus.topic)).toBe(25_000);
    await bus.redis.xgroup('SETID', bus.topic, 'quick', '$');
    await send(1000);
    expect(await bus.redis.xlen(bus.topic)).toBe(26_000);
    await bus.redis.xgroup('SETID', bus.topic, 'slow', '$');
    const length = await lengthBelow(11_500, bus, send);
    expect(length).toBeGreaterThanOrEqual(10_000);
    await producer.close();
  }, 30_000);

  it('keeps what a consumer has and has not acknowledged', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.redis.xgroup('CREATE', bus.topic, bus.group, '0', 'MKSTREAM');
    const { producer, send } = sending(bus);
    await send(1500);
    await bus.redis.xreadgroup('GROUP', bus.group, 'busy', 'COUNT', 1500, 'STREAMS', bus.topic, '>');
    await send(13_000);
    await bus.redis.xgroup('SETID', bus.topic, bus.group, '$');
    await send(1000);
    expect(await bus.redis.xlen(bus.topic)).toBe(15_500);
    await producer.close();
  }, 30_000);

  it('is cut back to about 10,000 where there is no group, as in Open edX', async () => {
    const bus = new RedisBus(urls.redis);
    const { producer, send } = sending(bus);
    await send(14_000);
    expect(await lengthBelow(11_500, bus, send)).toBeGreaterThanOrEqual(10_000);
    await producer.close();
  }, 30_000);

  it('has a warning when a group lets it grow', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.redis.xgroup('CREATE', bus.topic, 'forgotten', '0', 'MKSTREAM');
    const { producer, warnings, send } = sending(bus);
    await send(101_000);
    await until(async () => {
      await send(1000);
      return warnings.length > 0;
    });
    expect(warnings).toEqual([expect.stringContaining('group "forgotten"')]);
    await producer.close();
  }, 60_000);

  it('is cut back regardless of groups where a maxLen is given', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.redis.xgroup('CREATE', bus.topic, bus.group, '0', 'MKSTREAM');
    const { producer, send } = sending(bus, { maxLen: 1000 });
    await send(5000);
    expect(await bus.redis.xlen(bus.topic)).toBeLessThan(1200);
    await producer.close();
  });
});

describeWithPrograms(['redis'], 'A node of a Redis Cluster', (programs) => {
  it('is refused with a reason, at both ends, and no event is lost', async () => {
    const args = [...programs.redis.args, '--cluster-enabled', 'yes'];
    const server = await OwnServer.start({ ...programs.redis, args });
    closeLater({ close: () => server.remove() });
    const bus = new RedisBus(server.url);
    const logger = new RecordingLogger();
    const run = await startTracking({
      ...{ logger, shutdownTimeoutMs: 200 },
      backends: { out: bus.sender(), in: bus.receiver() },
      consumers: { bus: bus.consumer() },
    });
    run.tracker.emit('e');
    const told = (): string[] => logger.warnings.filter((text) => text.includes('a node of a Redis Cluster'));
    await until(
      () => told().some((text) => text.includes('cannot read')) && run.ledger.destination('out')!.failedAttempts > 0,
      () => logger.warnings.join('\n'),
    );
    expect(run.ledger.destination('out')).toMatchObject({ pending: 1, delivered: 0 });
    expect(JSON.stringify(run.ledger.destination('out')!.lastError)).toContain('Fix: a Redis without cluster mode');
  }, 30_000);
});
