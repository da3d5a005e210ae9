import { hostname } from 'node:os';
import {
  backend,
  consumer,
  EventBusBackend,
  MemoryBackend,
  processor,
  Redact,
  type TrackingEvent,
} from '../../../src/entries';
import { codec } from '../../../src/transports/redis-streams/peers';
import { redisStreams, RedisStreamsConsumer } from '../../../src/entries/redis-streams';
import { describeWithServices } from '../../support/services';
import { startTracking } from '../../support/start-tracking';
import { RedisBus } from './redis-bus';

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

describe('The options of Redis Streams', () => {
  const errorsOf = (make: () => unknown): string[] => {
    try {
      make();
    } catch (error) {
      return (error as { errors: { what: string }[] }).errors.map(({ what }) => what);
    }
    return [];
  };

  it.each<[object, string]>([
    [{}, 'url and connection are missing; expected one of them.'],
    [
      { url: 'http://user:secret@host' },
      'url begins with "http:"; expected a URL that begins with "redis://" or "rediss://".',
    ],
    [{ url: 'redis://h', connection: 7 }, 'connection is 7; expected options of ioredis or a Redis.'],
    [{ connection: { isCluster: true } }, 'connection is a Redis Cluster, which is not supported.'],
    [
      { connection: { keyPrefix: 'app:' } },
      'connection has a keyPrefix of ioredis, which would be put before the name of every stream.',
    ],
    [{ url: 'redis://h', keyPrefix: 1 }, 'keyPrefix is 1; expected a string.'],
    [{ url: 'redis://h', maxLen: 0 }, 'maxLen is 0; expected a whole number, at least 1, or null.'],
    [{ url: 'redis://h', source: '' }, 'source is ""; expected a non-empty string.'],
    [
      { url: 'redis://h', maxlen: 5 },
      'unknown option "maxlen"; known options: url, connection, keyPrefix, maxLen, source.',
    ],
  ])('of a producer may not be %j', (options, what) => {
    expect(errorsOf(() => redisStreams(options))).toEqual([what]);
  });

  it.each<[object, string]>([
    [{ group: '' }, 'group is ""; expected a non-empty string.'],
    [{ topic: 7 }, 'topic is 7; expected a non-empty string.'],
    [{ name: '' }, 'name is ""; expected a non-empty string.'],
    [
      { topics: 'analytics' },
      'topics is a string of 9 characters; expected a list of non-empty strings, at least one.',
    ],
    [{ topics: [] }, 'topics is a list of 0; expected a list of non-empty strings, at least one.'],
    [{ topic: 'a', topics: ['b'] }, 'topic and topics are set; expected one of them.'],
    [{ keyPrefix: null }, 'keyPrefix is null; expected a string.'],
    [{ start: 'end' }, 'start is "end"; expected "group", "new" or "beginning".'],
    [{ count: 0 }, 'count is 0; expected a whole number from 1 to 2147483647.'],
    [{ blockMs: '5' }, 'blockMs is "5"; expected a whole number from 1 to 2147483647.'],
    [{ maxInFlight: 50 }, 'maxInFlight is 50, fewer than the 100 entries that are read at once.'],
    [{ url: undefined }, 'url and connection are missing; expected one of them.'],
    [{ checkBacklog: true }, expect.stringMatching(/^unknown option "checkBacklog"; known options: url, /) as string],
  ])('of a consumer may not be %j', (fault, what) => {
    const options = { url: 'redis://h', group: 'g', ...fault };
    expect(errorsOf(() => new RedisStreamsConsumer(options as never))).toEqual([what]);
  });

  it('are told of with the consumer that has them, when the application starts', async () => {
    const bad = consumer(RedisStreamsConsumer, { url: 'redis://h', group: '' });
    await expect(startTracking({ consumers: { bus: bad } })).rejects.toThrow(/consumers\.bus \(RedisStreamsConsumer\)/);
  });
});
