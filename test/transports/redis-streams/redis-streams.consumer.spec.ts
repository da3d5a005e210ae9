import { randomUUID } from 'node:crypto';
import {
  backend,
  consumer,
  EventBusBackend,
  getTrackerToken,
  MemoryBackend,
  RoutingBackend,
  TrackingModule,
  type TrackerService,
  type TrackingEvent,
} from '../../../src/entries';
import { redisStreams, RedisStreamsConsumer } from '../../../src/entries/redis-streams';
import { describeWithServices } from '../../support/services';
import { expectBalance, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { books, RedisBus } from './redis-bus';

describeWithServices(['redis'], 'A RedisStreamsConsumer', (urls) => {
  it('brings what was sent to the children of every node of the bus, as it was, a copy for each', async () => {
    const bus = new RedisBus(urls.redis);
    const change = ({ data }: TrackingEvent): void => {
      (data as Record<string, unknown>)['changed'] = true;
    };
    const run = await startTracking({
      backends: {
        sink: backend(MemoryBackend),
        out: bus.sender(),
        first: bus.receiver(undefined, { processors: [change] }),
        deep: backend(
          RoutingBackend,
          {},
          { backends: { deeper: backend(RoutingBackend, {}, { backends: { second: bus.receiver() } }) } },
        ),
      },
      consumers: { bus: bus.consumer() },
    });
    run.tracker.context({ user_id: 7 }, () => {
      run.tracker.emit('a', { list: [1, { two: 'zwei' }] });
    });
    run.tracker.emit('b');
    await run.tracker.flush();
    await bus.whenAllDone();
    expect(run.events('deep/deeper/second/memory')).toEqual(run.events());
    expect(run.events('first/memory').map(({ data }) => data)).toEqual([
      { list: [1, { two: 'zwei' }], changed: true },
      { changed: true },
    ]);
    expect(books(run)).toMatchObject({ received: 2, settled: 2, pending: 0 });
    expect(run.ledger.node('first')?.work).toMatchObject({ received: 2, settled: 2 });
    expectBalance(run.ledger);
  });

  it('sends nothing that came from the bus onto it again', async () => {
    const bus = new RedisBus(urls.redis);
    const producer = redisStreams({ url: urls.redis });
    const node = backend(
      EventBusBackend,
      { producer, topic: bus.topic },
      { backends: { memory: backend(MemoryBackend) } },
    );
    const run = await startTracking({ backends: { bus: node }, consumers: { bus: bus.consumer() } });
    run.tracker.emit('e');
    await run.tracker.flush();
    await bus.whenAllDone();
    await run.tracker.flush();
    expect(run.names('bus/memory')).toEqual(['e']);
    expect(await bus.redis.xlen(bus.topic)).toBe(1);
  });

  it('serves each tracker that has one', async () => {
    const bus = new RedisBus(urls.redis);
    const audit = TrackingModule.forRoot({
      ...{ name: 'audit', backends: { in: bus.receiver() } },
      consumers: { bus: bus.consumer({ group: 'audit' }) },
    });
    const run = await startTracking(
      { backends: { in: bus.receiver() }, consumers: { bus: bus.consumer() } },
      { imports: [audit] },
    );
    await bus.add([{ name: 'a' }, { name: 'b' }]);
    await bus.whenAllDone();
    await bus.whenAllDone('audit');
    const other = run.app.get<TrackerService>(getTrackerToken('audit'));
    expect(other.backend<MemoryBackend>('in/memory').events()).toEqual(run.events('in/memory'));
    expect(run.names('in/memory')).toEqual(['a', 'b']);
  });

  it('reads several topics', async () => {
    const bus = new RedisBus(urls.redis);
    const topics = ['one', 'two'].map((name) => `${bus.topic}-${name}`);
    const run = await startTracking({
      backends: { in: bus.receiver() },
      consumers: { bus: bus.consumer({ keyPrefix: 'dev', topics }) },
    });
    for (const topic of topics) await bus.add([{ name: topic }], `dev-${topic}`);
    await until(() => run.names('in/memory').length === 2);
    expect(run.names('in/memory').sort()).toEqual(topics);
    await run.app.close();
    for (const topic of topics) {
      expect(await bus.redis.xpending(`dev-${topic}`, bus.group)).toEqual([0, null, null, null]);
      await bus.redis.del(`dev-${topic}`);
    }
  });

  it('gives an event without a UUID the id of its place, whoever reads it', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add([{ id: 'not-a-uuid' }, { id: '7d1c2b80-1111-4222-8333-444455556666' }]);
    const ids = async (group: string): Promise<string[]> => {
      const run = await startTracking({
        backends: { in: bus.receiver() },
        consumers: { bus: bus.consumer({ group }) },
      });
      await until(() => run.names('in/memory').length === 2);
      return run.events('in/memory').map(({ id }) => id);
    };
    const first = await ids('first');
    expect(first[0]).toMatch(/^[\da-f]{8}-[\da-f]{4}-8/);
    expect(first[1]).toBe('7d1c2b80-1111-4222-8333-444455556666');
    expect(await ids('second')).toEqual(first);
  });

  it('knows an event that comes again, within the window', async () => {
    const bus = new RedisBus(urls.redis);
    const id = randomUUID();
    await bus.add([{ id }, { id, name: 'same' }, {}]);
    const run = await startTracking({ backends: { in: bus.receiver() }, consumers: { bus: bus.consumer() } });
    await bus.whenAllDone();
    await bus.add([{ id }]);
    await bus.whenAllDone();
    expect(run.names('in/memory')).toEqual(['e', 'e']);
    expect(books(run)).toMatchObject({ received: 4, settled: 2, duplicates: 2, pending: 0 });
  });

  it('reads nothing where the process is an emitter', async () => {
    const bus = new RedisBus(urls.redis);
    const run = await startTracking({
      ...{ role: 'emitter', backends: { out: bus.sender(), in: bus.receiver() } },
      consumers: { bus: bus.consumer() },
    });
    run.tracker.emit('e');
    await run.tracker.flush();
    expect(await bus.redis.xinfo('GROUPS', bus.topic)).toEqual([]);
    expect(books(run)).toMatchObject({ received: 0, lag: undefined });
  });

  it('is off where its factory gives false', async () => {
    const bus = new RedisBus(urls.redis);
    const run = await startTracking({
      backends: { in: bus.receiver() },
      consumers: { bus: consumer(RedisStreamsConsumer, { useFactory: () => false as const }) },
    });
    expect(run.ledger.consumers()).toEqual([]);
  });

  describe('begins', () => {
    const names = async (bus: RedisBus, start: 'group' | 'new' | 'beginning', expected: number): Promise<string[]> => {
      const run = await startTracking({
        backends: { in: bus.receiver() },
        consumers: { bus: bus.consumer({ start }) },
      });
      if (start === 'new') {
        await until(() => books(run).lag === 0); // the group has been moved by then
        await bus.add([{ name: 'later' }]);
      }
      await until(() => run.names('in/memory').length >= expected);
      await bus.whenAllDone();
      await run.app.close();
      return run.names('in/memory');
    };

    it('where the group is, a new one at the beginning', async () => {
      const bus = new RedisBus(urls.redis);
      await bus.add([{ name: 'a' }]);
      expect(await names(bus, 'group', 1)).toEqual(['a']);
      await bus.add([{ name: 'b' }]);
      expect(await names(bus, 'group', 1)).toEqual(['b']);
    });

    it('at the end with "new"', async () => {
      const bus = new RedisBus(urls.redis);
      await bus.add([{ name: 'a' }]);
      expect(await names(bus, 'new', 1)).toEqual(['later']);
      await bus.add([{ name: 'b' }]);
      expect(await names(bus, 'new', 1)).toEqual(['later']);
    });

    it('at the beginning with "beginning", also of a group that has read all', async () => {
      const bus = new RedisBus(urls.redis);
      await bus.add([{ name: 'a' }, { name: 'b' }]);
      expect(await names(bus, 'beginning', 2)).toEqual(['a', 'b']);
      expect(await names(bus, 'beginning', 2)).toEqual(['a', 'b']);
    });
  });

  it('keeps what is no event as a dead letter, with all of its bytes, and acknowledges it', async () => {
    const bus = new RedisBus(urls.redis);
    const type = 'org.openedx.analytics.tracking.event.emitted.v1';
    await bus.add([{ name: 'before' }]);
    await bus.redis.xadd(bus.topic, '*', 'type', type, 'event_data', Buffer.from([0x80, 0xff, 0]));
    await bus.redis.xadd(bus.topic, '*', 'type', 'org.openedx.learning.course.enrolled.v1', 'event_data', 'x');
    await bus.redis.xadd(bus.topic, '*', 'other', 'fields');
    await bus.add([{ data: '{' }, { timestamp: 'yesterday' }, { name: 'after' }]);
    const run = await startTracking({ backends: { in: bus.receiver() }, consumers: { bus: bus.consumer() } });
    await bus.whenAllDone();
    expect(run.names('in/memory')).toEqual(['before', 'after']);
    expect(books(run)).toMatchObject({ received: 7, settled: 2, deadLettered: 5, pending: 0 });
    const letters = run.tracker.deadLetters.list();
    expect(letters.map(({ reason }) => reason.replace(/^unreadable: Error: /, ''))).toEqual([
      expect.any(String),
      'its type is "org.openedx.learning.course.enrolled.v1", not org.openedx.analytics.tracking.event.emitted.v1',
      'it has no type or no event_data',
      'its data is not JSON',
      'its timestamp is no time',
    ]);
    const { raw, position } = letters[0]!.event.data as { raw: string; position: string };
    expect(position).toMatch(new RegExp(`^${bus.topic}:\\d+-\\d+$`));
    const expected = Buffer.concat([
      Buffer.from(`*4\r\n$4\r\ntype\r\n$${String(type.length)}\r\n${type}\r\n$10\r\nevent_data\r\n$3\r\n`),
      Buffer.from([0x80, 0xff, 0]),
      Buffer.from('\r\n'),
    ]);
    expect(Buffer.from(raw, 'base64')).toEqual(expected);
  });

  it('acknowledges nothing before every child has it', async () => {
    const bus = new RedisBus(urls.redis);
    let open = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => (open = resolve));
    class Slow {
      readonly taken: string[] = [];
      async sendBatch(events: readonly TrackingEvent[]): Promise<void> {
        await isOpen;
        this.taken.push(...events.map(({ name }) => name));
      }
    }
    const slow = backend(Slow, undefined, { delivery: { batch: { maxWaitMs: 0 } } });
    const run = await startTracking({
      backends: { in: bus.receiver({ slow, memory: backend(MemoryBackend) }) },
      consumers: { bus: bus.consumer({ claimAfterMs: 50 }) },
    });
    await bus.add([{ name: 'a' }, { name: 'b' }]);
    await until(() => run.names('in/memory').length === 2);
    expect(await bus.pending()).toBe(2);
    expect(books(run)).toMatchObject({ received: 2, pending: 2 });
    open();
    await bus.whenAllDone();
    expect(run.tracker.backend<Slow>('in/slow')).toMatchObject({ taken: ['a', 'b'] });
    expect(run.names('in/memory')).toEqual(['a', 'b']);
  });

  it('reads no more than it may have open', async () => {
    const bus = new RedisBus(urls.redis);
    let open = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => (open = resolve));
    class Slow {
      async sendBatch(): Promise<void> {
        await isOpen;
      }
    }
    const run = await startTracking({
      backends: { in: bus.receiver({ slow: backend(Slow, undefined, { delivery: { batch: { maxWaitMs: 0 } } }) }) },
      consumers: { bus: bus.consumer({ count: 10, maxInFlight: 25, blockMs: 10 }) },
    });
    await bus.add(Array.from({ length: 100 }, () => ({})));
    await until(() => books(run).received === 20);
    // It asked for more every 10 ms, if it still did.
    for (let idleMs = 0; idleMs < 200;) {
      const [consumer] = (await bus.redis.xinfo('CONSUMERS', bus.topic, bus.group)) as [unknown[]];
      idleMs = consumer[consumer.indexOf('idle') + 1] as number;
    }
    expect(await bus.pending()).toBe(20);
    open();
    await bus.whenAllDone();
    expect(books(run)).toMatchObject({ received: 100, settled: 100, pending: 0 });
  });

  it('says how far behind its group is', async () => {
    const bus = new RedisBus(urls.redis);
    const first = await startTracking({ backends: { in: bus.receiver() }, consumers: { bus: bus.consumer() } });
    await until(() => books(first).lag === 0);
    await first.app.close();
    await bus.add([{}, {}, {}]);
    let open = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => (open = resolve));
    class Slow {
      sendBatch(): Promise<void> {
        return isOpen;
      }
    }
    const run = await startTracking({
      backends: { in: bus.receiver({ slow: backend(Slow) }) },
      consumers: { bus: bus.consumer({ count: 1, maxInFlight: 1 }) },
    });
    await until(() => (books(run).lag ?? 0) > 0);
    expect([2, 3]).toContain(books(run).lag);
    open();
  });
});
