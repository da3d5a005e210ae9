import { Injectable, type Provider } from '@nestjs/common';
import { OnTrackingEvent, type TrackingEvent } from '../../../src/entries';
import { describeWithServices } from '../../support/services';
import { startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { Lives } from '../bus/lives';
import { books, RedisBus } from './redis-bus';

function handlerThat(handle: (event: TrackingEvent) => Promise<void> | undefined): Provider {
  @Injectable()
  class Handler {
    @OnTrackingEvent(/./)
    on(event: TrackingEvent): Promise<void> | undefined {
      return handle(event);
    }
  }
  return Handler;
}

describeWithServices(['redis'], 'An entry that ends the process of every consumer', (urls) => {
  it.each([
    ['under a name of its own', { name: 'me' }],
    ['under a random name', {}],
  ])(
    'is a dead letter alone, and its neighbours arrive, where the consumer starts again %s',
    async (_, name) => {
      const bus = new RedisBus(urls.redis);
      const good = Array.from({ length: 50 }, (_each, at) => `good-${String(at)}`);
      await bus.add(['good-before', 'poison', ...good].map((each) => ({ name: each })));
      const { url, topic, group } = bus;
      const lives = new Lives({ url, topic, group, ...name, maxDeliveries: 4, claimAfterMs: 300, blockMs: 100 });
      await until(
        () => lives.of('letter').length > 0,
        () => JSON.stringify({ deaths: lives.deaths, lines: lives.lines }),
        60_000,
      );
      await bus.whenAllDone();
      expect(lives.of('letter')).toEqual([
        'unreadable entry: given-up: it was given to consumers 4 times, and never finished',
      ]);
      expect([...new Set(lives.of('arrived'))].sort()).toEqual(['good-before', ...good].sort());
      expect(lives.deaths).toBe(4);
    },
    90_000,
  );
});

describeWithServices(['redis'], 'Entries with which two consumers have died', (urls) => {
  /** Entries as they are after so many deaths. */
  async function pending(bus: RedisBus, deaths: readonly number[], owner = 'dead'): Promise<string[]> {
    const ids = await bus.add(deaths.map((_, at) => ({ name: `e-${String(at)}` })));
    await bus.redis.xgroup('CREATE', bus.topic, bus.group, '0');
    await bus.redis.xreadgroup('GROUP', bus.group, owner, 'COUNT', deaths.length, 'STREAMS', bus.topic, '>');
    for (const [at, count] of deaths.entries())
      await bus.redis.call('XCLAIM', bus.topic, bus.group, owner, '0', ids[at]!, 'RETRYCOUNT', String(count), 'JUSTID');
    return ids;
  }

  it('are given one by one, those with the most deaths first', async () => {
    const bus = new RedisBus(urls.redis);
    await pending(bus, [2, 3, 2, 5]);
    const run = await startTracking({
      backends: { in: bus.receiver() },
      consumers: { bus: bus.consumer({ claimAfterMs: 1 }) },
    });
    await bus.whenAllDone();
    expect(run.names('in/memory')).toEqual(['e-3', 'e-1', 'e-0', 'e-2']);
  });

  it('are not counted for one another, while one of them is under way', async () => {
    const bus = new RedisBus(urls.redis);
    const ids = await pending(bus, [2, 2, 2], 'me');
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const run = await startTracking(
      { backends: { in: bus.receiver() }, consumers: { bus: bus.consumer({ name: 'me' }) } },
      { providers: [handlerThat(() => opened)] },
    );
    await until(() => books(run).received === 1);
    const counts = (await bus.redis.xpending(bus.topic, bus.group, '-', '+', 10)) as [string, string, number, number][];
    expect(counts.map(([id, , , deliveries]) => [id, deliveries])).toEqual([
      [ids[0], 3],
      [ids[1], 2],
      [ids[2], 2],
    ]);
    open();
    await bus.whenAllDone();
    expect(run.names('in/memory')).toEqual(['e-0', 'e-1', 'e-2']);
  });

  it('do not hold up what comes after them, until one of them dies alone', async () => {
    const bus = new RedisBus(urls.redis);
    await pending(bus, [2, 2], 'me');
    const run = await startTracking(
      { backends: { in: bus.receiver() }, consumers: { bus: bus.consumer({ name: 'me', claimAfterMs: 60_000 }) } },
      { providers: [handlerThat(({ name }) => (name === 'e-0' ? new Promise<void>(() => undefined) : undefined))] },
    );
    await until(() => books(run).received === 1);
    await bus.add([{ name: 'later' }]);
    await until(() => run.names('in/memory').includes('later'));
    expect(run.names('in/memory')).toEqual(['e-0', 'later']);
  });

  it('are given back with their count where they were not given', async () => {
    const bus = new RedisBus(urls.redis);
    const ids = await pending(bus, [3, 2], 'me');
    const run = await startTracking(
      { backends: { in: bus.receiver() }, consumers: { bus: bus.consumer({ name: 'me' }) }, shutdownTimeoutMs: 200 },
      { providers: [handlerThat(() => new Promise<void>(() => undefined))] },
    );
    await until(() => books(run).received === 1);
    await run.app.close();
    const counts = (await bus.redis.xpending(bus.topic, bus.group, '-', '+', 10)) as [string, string, number, number][];
    expect(counts.map(([id, , , deliveries]) => [id, deliveries])).toEqual([
      [ids[0], 0],
      [ids[1], 2],
    ]);
  });
});
