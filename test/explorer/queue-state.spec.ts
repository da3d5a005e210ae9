import { randomUUID } from 'node:crypto';
import { AsyncRoutingBackend, backend, consumer, EventBusBackend, MemoryBackend } from '../../src/entries';
import { kafka, KafkaConsumer } from '../../src/entries/kafka';
import type { QueueState } from '../../src/explorer/api';
import type { EventConsumer } from '../../src/intake/event-consumer';
import { QueueInspector, type QueueSource } from '../../src/explorer/queue-state';
import type { QueueFigures } from '../../src/routing/queue-probe';
import { runtimeOf } from '../../src/tracker/runtime-of';
import { quick } from '../delivery/gate';
import { describeWithServices } from '../support/services';
import { startTracking, type BuiltTracking } from '../support/start-tracking';
import { FaultyWay } from '../support/toxiproxy';
import { createTopic } from '../support/kafka-topic';
import { until } from '../support/until';
import { bullBackend, queueName, RedisView, startBull } from '../transports/bull/bull-run';
import { RedisBus } from '../transports/redis-streams/redis-bus';

/** The state of one queue, asked anew. */
async function stateOf({ tracker }: Pick<BuiltTracking, 'tracker'>, path: string): Promise<QueueState> {
  const states = await new QueueInspector(runtimeOf(tracker)).states();
  const state = states.find((each) => each.path === path);
  if (state === undefined) throw new Error(`there is no queue ${path}`);
  return state;
}

/** Asks until the state is as the test wants it. */
async function whenState(
  run: Pick<BuiltTracking, 'tracker'>,
  path: string,
  isSo: (state: QueueState) => boolean,
): Promise<QueueState> {
  let last = await stateOf(run, path);
  await until(
    async () => isSo((last = await stateOf(run, path))),
    () => JSON.stringify(last),
    20_000,
  );
  return last;
}

function sourceWith(ask: () => Promise<QueueFigures>): QueueSource {
  const counts = { received: 0, settled: 0, duplicates: 0, deadLettered: 0, returned: 0, pending: 0 };
  return {
    tree: { nodes: () => [][Symbol.iterator]() as never },
    ledger: { consumers: () => [{ name: 'bus', ...counts, missed: 0, restarts: 0, lag: 12 }] },
    consumerProbes: () => new Map([['bus', { kind: 'kafka', names: ['t'], fix: 'See that it runs.', ask }]]),
  };
}

describe('QueueInspector', () => {
  it('asks a server once for all who look within a second', async () => {
    let asked = 0;
    const inspector = new QueueInspector(
      sourceWith(() => {
        asked++;
        return Promise.resolve({ lag: 3 });
      }),
    );
    const all = await Promise.all([inspector.states(), inspector.states(), inspector.states()]);
    expect(all.map(([state]) => state?.lag)).toEqual([3, 3, 3]);
    expect(asked).toBe(1);
  });

  it('asks nothing until someone looks', () => {
    const ask = jest.fn();
    new QueueInspector(sourceWith(ask));
    expect(ask).not.toHaveBeenCalled();
  });

  it('shows a silent server as an error, and asks it nothing more before it has answered', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    const ask = (): Promise<QueueFigures> => {
      asked++;
      return new Promise((resolve) => (answer = () => resolve({ depth: 5 })));
    };
    const inspector = new QueueInspector(sourceWith(ask), { freshMs: 0, answerMs: 20 });
    const error = { message: 'It did not answer: no answer within 20 ms.', fix: 'See that it runs.' };
    for (let round = 0; round < 3; round++)
      expect(await inspector.states()).toEqual([expect.objectContaining({ path: 'bus', kind: 'kafka', error })]);
    expect(asked).toBe(1);
    const after = inspector.states();
    answer();
    expect(await after).toEqual([expect.objectContaining({ depth: 5, lag: 12 })]);
  });

  it('keeps the lag of the last measurement if the server does not tell it now', async () => {
    const inspector = new QueueInspector(sourceWith(() => Promise.resolve({ lag: undefined, workers: 2 })));
    expect(await inspector.states()).toEqual([expect.objectContaining({ lag: 12, workers: 2 })]);
  });

  it('shows 100 of 3000 partitions', async () => {
    const parts = Array.from({ length: 3000 }, (_, at) => ({ name: `t:${String(at)}`, lag: at }));
    const [state] = await new QueueInspector(sourceWith(() => Promise.resolve({ parts }))).states();
    expect(state?.parts).toHaveLength(100);
  });

  it('shows the queue of a node in this process, and a consumer of the application', async () => {
    class Own implements EventConsumer {
      begin(): void {}
      end = (): Promise<void> => Promise.resolve();
      close = (): Promise<void> => Promise.resolve();
    }
    const run = await startTracking({
      backends: { later: backend(AsyncRoutingBackend, {}, { backends: { sink: backend(MemoryBackend) } }) },
      consumers: { own: consumer(Own) },
    });
    run.tracker.emit('lesson_opened');
    await run.tracker.flush();
    expect(await stateOf(run, 'later')).toMatchObject({
      ...{ kind: 'memory', role: 'queue', waiting: 0, active: 0 },
      counts: { accepted: 1, 'waiting here': 0, settled: 1 },
    });
    expect(await stateOf(run, 'own')).toMatchObject({ kind: 'custom', role: 'consumer', counts: { received: 0 } });
  });
});

describeWithServices(['redis'], 'The state of a Bull queue', (urls) => {
  it('has the jobs, the workers and the time of the oldest job', async () => {
    const name = queueName();
    const before = Date.now();
    const emitter = await startBull({ url: urls.redis, name, role: 'emitter' });
    emitter.emit(3);
    await emitter.queued();
    const waiting = await whenState(emitter, 'later', ({ waiting = 0 }) => waiting > 0);
    expect(waiting).toMatchObject({ kind: 'bull', names: [name], active: 0, delayed: 0, failed: 0, workers: 0 });
    expect(waiting.counts).toMatchObject({ accepted: 3, 'put in': 3, 'waiting here': 0, unsettled: 3 });
    const oldest = new Date(waiting.oldestAt ?? 0).getTime();
    expect(oldest).toBeGreaterThanOrEqual(before);
    expect(oldest).toBeLessThanOrEqual(Date.now());
    const worker = await startBull({ url: urls.redis, name });
    await worker.taken(3);
    let release = (): void => undefined;
    worker.gate.behave = () => new Promise((resolve) => (release = resolve));
    emitter.emit(2, 3);
    const working = await whenState(emitter, 'later', ({ active = 0 }) => active > 0);
    expect(working.workers).toBe(1);
    expect(new Date(working.oldestAt ?? 0).getTime()).toBeGreaterThan(oldest);
    await until(() => worker.gate.underWay > 0);
    release();
    worker.gate.behave = () => Promise.resolve();
    const idle = await whenState(emitter, 'later', ({ active }) => active === 0);
    expect(idle.oldestAt).toBeUndefined();
    await new RedisView(urls.redis, name).close();
  });
});

describeWithServices(['redis', 'toxiproxy'], 'The state of a queue whose Redis is silent', (urls) => {
  it('is an error with a fix within two seconds, with Bull and with Redis Streams', async () => {
    const way = await FaultyWay.to(urls.toxiproxy, urls.redis);
    const bus = new RedisBus(urls.redis);
    const through = { url: way.url };
    const run = await startTracking({
      backends: { later: bullBackend({ url: way.url, name: queueName() }) },
      consumers: { bus: bus.consumer(through) },
      shutdownTimeoutMs: 500,
    });
    await whenState(run, 'later', ({ error }) => error === undefined);
    await whenState(run, 'bus', ({ error }) => error === undefined);
    await way.add({ type: 'stall' });
    const from = performance.now();
    const states = await new QueueInspector(runtimeOf(run.tracker)).states();
    expect(performance.now() - from).toBeLessThan(3000);
    expect(states.map(({ path, error }) => [path, error?.message])).toEqual([
      ['later', 'It did not answer: no answer within 2000 ms.'],
      ['bus', 'It did not answer: no answer within 2000 ms.'],
    ]);
    await way.disable();
    const cut = await whenState(run, 'later', ({ error }) => error?.message.includes('not connected') === true);
    expect(cut.error?.fix).toContain('BullModule.registerQueue');
    await run.app.close();
    await way.delete();
  });
});

describeWithServices(['redis'], 'The state of a Redis stream', (urls) => {
  it('has depth, lag, members and the time of the oldest entry that is not finished', async () => {
    const bus = new RedisBus(urls.redis);
    const [first, second] = await bus.add([{}, {}, {}]);
    const run = await startTracking({
      backends: { out: bus.sender(), in: bus.receiver({ gate: backend(MemoryBackend) }) },
      consumers: { bus: bus.consumer() },
    });
    const read = await whenState(
      run,
      'bus',
      ({ lag, active, counts }) => lag === 0 && active === 0 && counts['settled'] === 3,
    );
    expect(read).toMatchObject({ kind: 'redis-streams', role: 'consumer', names: [bus.topic], depth: 3, workers: 1 });
    expect(read.oldestAt).toBeUndefined();
    expect(read.counts).toMatchObject({ received: 3, settled: 3 });
    const { redis, topic } = bus;
    await redis.xgroup('CREATE', topic, 'slow', '0');
    const unread = await whenState(run, 'out', ({ lag }) => lag === 3);
    expect(unread).toMatchObject({ kind: 'redis-streams', role: 'queue', depth: 3 });
    expect(new Date(unread.oldestAt ?? 0).getTime()).toBe(Number(first?.split('-')[0]));
    await redis.xreadgroup('GROUP', 'slow', 'test', 'COUNT', 2, 'STREAMS', topic, '>');
    await redis.xack(topic, 'slow', first ?? '');
    const pending = await whenState(run, 'out', ({ active }) => active === 1);
    expect(pending).toMatchObject({ lag: 1, active: 1 });
    expect(new Date(pending.oldestAt ?? 0).getTime()).toBe(Number(second?.split('-')[0]));
  });

  it('sums the streams of a consumer, and lists each of them', async () => {
    const bus = new RedisBus(urls.redis);
    const other = `${bus.topic}-2`;
    await bus.add([{}, {}]);
    await bus.add([{}], other);
    const run = await startTracking({ consumers: { bus: bus.consumer({ topics: [bus.topic, other] }) } });
    const state = await whenState(run, 'bus', ({ lag, active }) => lag === 0 && active === 0);
    expect(state).toMatchObject({ depth: 3, workers: 1 });
    expect(state.parts).toEqual([
      { name: bus.topic, depth: 2, lag: 0 },
      { name: other, depth: 1, lag: 0 },
    ]);
    await bus.redis.del(other);
  });
});

describeWithServices(['kafka'], 'The state of a Kafka group', (urls) => {
  it('has the lag of each partition, the members and the depth of the topics', async () => {
    const topic = `t-${randomUUID()}`;
    const brokers = urls.kafka.split(',');
    await createTopic(urls.kafka, topic, 2);
    const producer = kafka({ brokers, key: ({ id }) => id });
    const run = await startTracking({
      backends: {
        out: backend(EventBusBackend, { producer, topic }, { delivery: quick }),
        in: backend(EventBusBackend, {}, { backends: { sink: backend(MemoryBackend) } }),
      },
      consumers: { grades: consumer(KafkaConsumer, { brokers, topic, group: randomUUID(), sessionTimeoutMs: 6000 }) },
      shutdownTimeoutMs: 500,
    });
    for (let at = 0; at < 20; at++) run.tracker.emit('lesson_opened', { at });
    await run.tracker.flush();
    const read = await whenState(run, 'grades', ({ depth, lag }) => depth === 20 && lag === 0);
    expect(read).toMatchObject({ kind: 'kafka', role: 'consumer', names: [topic], workers: 1 });
    expect(read.parts?.map(({ name }) => name)).toEqual([`${topic}:0`, `${topic}:1`]);
    expect(read.parts?.reduce((sum, { depth = 0 }) => sum + depth, 0)).toBe(20);
    expect(await stateOf(run, 'out')).toMatchObject({ kind: 'kafka', names: [topic], counts: { 'put in': 20 } });
  }, 60_000);

  it('is an error with a fix while the brokers cannot be reached', async () => {
    const run = await startTracking({
      consumers: { grades: consumer(KafkaConsumer, { brokers: ['127.0.0.1:1'], group: randomUUID() }) },
      shutdownTimeoutMs: 500,
    });
    const { error } = await whenState(run, 'grades', (state) => state.error !== undefined);
    expect(error).toEqual({
      message: expect.stringMatching(/^It did not answer: /) as string,
      fix: 'See that the brokers run, and check their addresses, the TLS options and the login.',
    });
  });
});
