import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import {
  backend,
  consumer,
  EventBusBackend,
  getTrackerToken,
  InjectTracker,
  MemoryBackend,
  OnTrackingEvent,
  processor,
  Redact,
  RoutingBackend,
  TrackerService,
  TrackingModule,
  type TrackingEvent,
} from '../../../src/entries';
import { codec } from '../../../src/transports/redis-streams/peers';
import { redisStreams, RedisStreamsConsumer } from '../../../src/entries/redis-streams';
import { describeWithServices } from '../../support/services';
import { expectBalance, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { books, RedisBus } from './redis-bus';

const pairs = (fields: readonly Buffer[]): [string, Buffer][] =>
  fields.flatMap((name, at) => (at % 2 === 0 ? [[name.toString(), fields[at + 1]!]] : []));

describeWithServices(['redis'], 'An EventBusBackend with redisStreams', (urls) => {
  it('puts an event on the stream as Open edX does, field for field', async () => {
    const bus = new RedisBus(urls.redis);
    const { tracker, last } = await startTracking({
      backends: { sink: backend(MemoryBackend), out: bus.sender() },
    });
    tracker.context({ course_id: 'course-v1:edX+DemoX', user_id: 3 }, () => {
      tracker.emit('play_video', { id: 'v1', n: 1.5, ü: 'é😀' });
    });
    await tracker.flush();
    const [[, fields]] = (await bus.redis.xrangeBuffer(bus.topic, '-', '+')) as [[Buffer, Buffer[]]];
    const written = pairs(fields);
    expect(written.map(([name]) => name)).toEqual(
      'type id source time minorversion sourcehost sourcelib event_data'.split(' '),
    );
    const { time, event_data: payload, ...rest } = Object.fromEntries(written);
    expect(Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value.toString()]))).toEqual({
      type: 'org.openedx.analytics.tracking.event.emitted.v1',
      id: last().id,
      source: 'nestjs-event-tracking',
      minorversion: '0',
      sourcehost: hostname(),
      sourcelib: '11.2.0',
    });
    expect(time!.toString()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
    const log = codec.decode(payload!);
    expect(log).toMatchObject({
      name: 'play_video',
      data: '{"id": "v1", "n": 1.5, "\\u00fc": "\\u00e9\\ud83d\\ude00"}',
    });
    expect(JSON.parse(log.context)).toEqual(last().context);
    expect(new Date(log.timestamp)).toEqual(last().timestamp);
  });

  it('has the prefix and the source that it is given, and cuts the stream back', async () => {
    const bus = new RedisBus(urls.redis);
    const producer = redisStreams({ url: urls.redis, keyPrefix: 'dev', source: 'openedx/lms/web', maxLen: 100 });
    const { tracker } = await startTracking({
      backends: { out: backend(EventBusBackend, { producer, topic: bus.topic }) },
    });
    for (let n = 0; n < 1000; n++) tracker.emit('e', { n });
    await tracker.flush();
    const key = `dev-${bus.topic}`;
    // Redis cuts off whole nodes of 100 entries.
    const left = await bus.redis.xlen(key);
    expect(left).toBeGreaterThanOrEqual(100);
    expect(left).toBeLessThan(300);
    const [[, fields]] = (await bus.redis.xrevrange(key, '+', '-', 'COUNT', 1)) as [[string, string[]]];
    expect(fields[fields.indexOf('source') + 1]).toBe('openedx/lms/web');
    await bus.redis.del(key);
  });

  it('cuts nothing off with maxLen null', async () => {
    const bus = new RedisBus(urls.redis);
    const { tracker } = await startTracking({
      backends: { out: bus.sender({ producer: redisStreams({ url: urls.redis, maxLen: null }) }) },
    });
    for (const lot of [6000, 6000]) {
      for (let n = 0; n < lot; n++) tracker.emit('e');
      await tracker.flush();
    }
    expect(await bus.redis.xlen(bus.topic)).toBe(12_000);
  });

  it('runs its processors before it sends, each event once', async () => {
    const bus = new RedisBus(urls.redis);
    const processors = [
      processor(Redact, { paths: ['data.password'] }),
      ({ name }: TrackingEvent) => (name === 'secret' ? null : undefined),
    ];
    const { tracker } = await startTracking({ backends: { out: bus.sender({}, { processors }) } });
    tracker.emit('login', { password: 'hunter2' });
    tracker.emit('secret');
    await tracker.flush();
    const entries = await bus.redis.xrangeBuffer(bus.topic, '-', '+');
    expect(entries).toHaveLength(1);
    const log = codec.decode(entries[0]![1].at(-1)!);
    expect(log.name).toBe('login');
    expect(log.data).not.toContain('hunter2');
  });

  it('sends the names of allowedEvents only, and nothing while it is not enabled', async () => {
    const bus = new RedisBus(urls.redis);
    const { tracker } = await startTracking({
      backends: {
        allowing: bus.sender({ allowedEvents: ['edx.course.enrollment.activated'] }),
        disabled: bus.sender({ enabled: false }),
      },
    });
    for (const name of ['edx.course.enrollment.activated', 'edx.course.enrollment', 'course', '']) tracker.emit(name);
    await tracker.flush();
    const entries = await bus.redis.xrangeBuffer(bus.topic, '-', '+');
    expect(entries.map(([, fields]) => codec.decode(fields.at(-1)!).name)).toEqual(['edx.course.enrollment.activated']);
  });

  it('connects as a Redis of the application does, and leaves that one open', async () => {
    const bus = new RedisBus(urls.redis);
    const { app, tracker } = await startTracking({
      backends: { out: bus.sender({ producer: redisStreams({ connection: bus.redis }) }) },
    });
    tracker.emit('e');
    await app.close();
    expect(await bus.redis.xlen(bus.topic)).toBe(1);
  });

  it('is told when Redis refuses all, and when there is no connection', async () => {
    const bus = new RedisBus(urls.redis);
    const producer = redisStreams({ url: urls.redis }).open({
      ...{ topic: bus.topic, place: 'out' },
      warn: () => undefined,
      tell: () => undefined,
    });
    const message = (id: string) => ({ id, name: 'e', time: '2024-02-03T04:05:06+00:00', payload: Buffer.from(id) });
    const { signal } = new AbortController();
    expect(await producer.send([message('1'), message('2')], signal)).toEqual([]);
    await bus.redis.del(bus.topic);
    await bus.redis.set(bus.topic, 'no stream');
    await expect(producer.send([message('3')], signal)).rejects.toThrow('WRONGTYPE');
    await producer.close();
    await expect(producer.send([message('4')], signal)).rejects.toThrow('not connected');
  });
});

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
      'its data is no JSON text',
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

@Injectable()
class Reports {
  readonly seen: unknown[] = [];
  attempts = 0;

  constructor(@InjectTracker() private readonly tracker: TrackerService) {}

  @OnTrackingEvent('enrolled')
  async onEnrolled(event: TrackingEvent): Promise<void> {
    this.seen.push(event);
    await Promise.resolve();
    this.tracker.emit('report.made', { of: event.name });
  }

  @OnTrackingEvent(/^problem_/)
  onProblem({ name }: TrackingEvent): void {
    this.seen.push(name);
  }

  @OnTrackingEvent('flaky')
  onFlaky(): void {
    if (++this.attempts < 3) throw new Error('not yet');
    this.tracker.emit('flaky.done');
  }

  @OnTrackingEvent('never')
  onNever(): Promise<void> {
    this.attempts++;
    return Promise.reject(new Error('the database says no'));
  }
}

describeWithServices(['redis'], 'A method with @OnTrackingEvent', (urls) => {
  const start = async (bus: RedisBus, group: string): Promise<BuiltTracking & { readonly reports: Reports }> => {
    const run = await startTracking(
      {
        backends: { sink: backend(MemoryBackend) },
        consumers: { bus: bus.consumer({ group }, { handlerAttempts: 3 }) },
      },
      { providers: [Reports] },
    );
    return Object.assign(run, { reports: run.app.get(Reports) });
  };

  it('gets the events of its name, in the scope of their context; what it emits has the same ids in a second run', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add([
      { name: 'enrolled', context: '{"user_id": 7}', data: '{"mode": "audit"}' },
      { name: 'other' },
      { name: 'problem_check' },
    ]);
    const first = await start(bus, 'first');
    await bus.whenAllDone('first');
    expect(first.reports.seen).toEqual([
      expect.objectContaining({ name: 'enrolled', data: { mode: 'audit' }, context: { user_id: 7 } }),
      'problem_check',
    ]);
    expect(first.events()).toEqual([
      expect.objectContaining({ name: 'report.made', context: { user_id: 7 }, data: { of: 'enrolled' } }),
    ]);
    const second = await start(bus, 'second');
    await bus.whenAllDone('second');
    expect(second.events().map(({ id }) => id)).toEqual(first.events().map(({ id }) => id));
    expect(first.last().id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8/);
  });

  it('is called again when it fails', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add([{ name: 'flaky' }]);
    const run = await start(bus, bus.group);
    await bus.whenAllDone();
    expect(run.reports.attempts).toBe(3);
    expect(run.names()).toEqual(['flaky.done']);
    expect(books(run)).toMatchObject({ received: 1, settled: 1, deadLettered: 0 });
  });

  it('that fails each time makes the event a dead letter, which is acknowledged', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add([{ name: 'never', data: '{"n": 1}' }, { name: 'problem_show' }]);
    const run = await start(bus, bus.group);
    await bus.whenAllDone();
    expect(run.reports.attempts).toBe(3);
    expect(run.reports.seen).toEqual(['problem_show']);
    expect(run.tracker.deadLetters.list()).toEqual([
      expect.objectContaining({
        reason: 'handler-failed: Reports.onNever: Error: the database says no',
        event: expect.objectContaining({ name: 'never', data: { n: 1 } }) as unknown,
      }),
    ]);
    expect(books(run)).toMatchObject({ received: 2, settled: 1, deadLettered: 1, pending: 0 });
  });
});

describe('The options of Redis Streams', () => {
  const faultsOf = (make: () => unknown): string[] => {
    try {
      make();
    } catch (error) {
      return (error as { faults: { what: string }[] }).faults.map(({ what }) => what);
    }
    return [];
  };

  it.each<[object, string]>([
    [{}, 'it has neither url nor connection, so there is no Redis.'],
    [{ url: 'http://user:secret@host' }, 'url is not an address that begins with redis:// or rediss://.'],
    [{ url: 'redis://h', connection: 7 }, 'connection is 7, neither options of ioredis nor a Redis.'],
    [{ connection: { isCluster: true } }, 'connection is a Redis Cluster, which is not supported.'],
    [
      { connection: { keyPrefix: 'app:' } },
      'the connection has a keyPrefix of ioredis, which would be put before the name of every stream.',
    ],
    [{ url: 'redis://h', keyPrefix: 1 }, 'keyPrefix is 1, not a text.'],
    [{ url: 'redis://h', maxLen: 0 }, 'maxLen is 0, neither a whole number from 1 up nor null.'],
    [{ url: 'redis://h', source: '' }, 'source is "", not a text.'],
    [
      { url: 'redis://h', maxlen: 5 },
      'there is no option "maxlen"; known are url, connection, keyPrefix, maxLen, source.',
    ],
  ])('of a producer may not be %j', (options, what) => {
    expect(faultsOf(() => redisStreams(options))).toEqual([what]);
  });

  it.each<[object, string]>([
    [{ group: '' }, 'group is "", not a text, so Redis could not keep what it has read.'],
    [{ topic: 7 }, 'topic is 7, not a text.'],
    [{ name: '' }, 'name is "", not a text.'],
    [{ topics: 'analytics' }, 'topics is a string of 9 characters, not a list of texts.'],
    [{ topics: [] }, 'topics is a list of 0, not a list of texts.'],
    [{ topic: 'a', topics: ['b'] }, 'it has topic and topics.'],
    [{ keyPrefix: null }, 'keyPrefix is null, not a text.'],
    [{ start: 'end' }, 'start is "end"; it can be "group", "new" or "beginning".'],
    [{ count: 0 }, 'count is 0, not a whole number from 1 up.'],
    [{ blockMs: '5' }, 'blockMs is "5", not a whole number from 1 up.'],
    [{ maxInFlight: 50 }, 'maxInFlight is 50, fewer than the 100 entries that are read at once.'],
    [{ url: undefined }, 'it has neither url nor connection, so there is no Redis.'],
    [{ checkBacklog: true }, expect.stringMatching(/^there is no option "checkBacklog"; known are url, /) as string],
  ])('of a consumer may not be %j', (fault, what) => {
    const options = { url: 'redis://h', group: 'g', ...fault };
    expect(faultsOf(() => new RedisStreamsConsumer(options as never))).toEqual([what]);
  });

  it('are told of with the consumer that has them, when the application starts', async () => {
    const bad = consumer(RedisStreamsConsumer, { url: 'redis://h', group: '' });
    await expect(startTracking({ consumers: { bus: bad } })).rejects.toThrow(/consumers\.bus \(RedisStreamsConsumer\)/);
  });
});
