import { processor } from '../../../src/entries';
import { eventually } from '../../support/eventually';
import { describeWithServices } from '../../support/services';
import { queueName, RedisView, startBull, type BullRun } from './bull-run';
import { event, ID, job, letters, settled } from './job-data';

describeWithServices(['redis'], 'A worker of a Bull queue, and jobs that it cannot finish', (urls) => {
  let name: string;
  let redis: RedisView;

  beforeEach(() => {
    name = queueName();
    redis = new RedisView(urls.redis, name);
  });

  const start = (more: Partial<Parameters<typeof startBull>[0]> = {}): Promise<BullRun> =>
    startBull({ url: urls.redis, name, ...more });

  it('makes dead letters of a job for a path that it does not have, with the paths that it has', async () => {
    await redis.addJob(
      job({ path: 'gone', events: [event({ name: 'a' }), event({ name: 'b', id: ID.replace(/1$/, '2') })] }),
    );
    const run = await start();
    await eventually(() => expect(letters(run)).toHaveLength(2));
    expect(letters(run)[0]).toMatchObject({
      path: 'later',
      raw: { path: 'gone', events: [{ name: 'a' }] },
      reason:
        'unknown-path: this worker has no AsyncRoutingBackend "gone" of tracker "default"; it has "later" of tracker "default"',
    });
    expect(run.tracker.deadLetters.list({ name: 'b' })).toHaveLength(1);
    expect(run.ledger.destination('later')).toMatchObject({ deadLetters: 2 });
    await settled(run, redis);
    expect(await redis.redis.get(redis.key('tracking:settled:x'))).toBe('2');
  });

  it('redrives the dead letter of a processor through the queue, though the job of that very event was done before', async () => {
    let isFailing = true;
    const failing = processor(
      (e) => {
        if (isFailing && e.name === 'e0') throw new Error('no');
      },
      { onError: 'dead-letter' },
    );
    const run = await start({ processors: [failing] });
    run.emit(1);
    await eventually(() => expect(letters(run)).toHaveLength(1));
    expect(letters(run)[0]?.reason).toContain('processor-failed: backends.later.processors[0]');
    await settled(run, redis);
    isFailing = false;
    expect(await run.tracker.deadLetters.redrive({})).toBe(1);
    await run.taken(1);
    await run.atRest();
    expect(run.work).toMatchObject({ received: 2, deadLettered: 1, settled: 1 });
  });

  it.each([
    ['skip', { settled: 3, dropped: {}, deadLettered: 0 }, ['e0', 'e1', 'e2']],
    ['drop', { settled: 2, dropped: { 'processor-failed': 1 }, deadLettered: 0 }, ['e0', 'e2']],
    ['dead-letter', { settled: 2, dropped: {}, deadLettered: 1 }, ['e0', 'e2']],
  ] as const)(
    'does with an event whose processor throws what "%s" says, and delivers the others',
    async (onError, books, names) => {
      const failing = processor(
        (e) => {
          if (e.name === 'e1') throw new Error('no');
        },
        { onError },
      );
      const run = await start({ processors: [failing] });
      run.emit(3);
      await run.taken(names.length);
      await run.atRest();
      expect(run.gate.names).toEqual(names);
      expect(run.work).toMatchObject({ received: 3, ...books });
      await settled(run, redis);
      expect(await redis.jobs()).toMatchObject({ completed: 0, failed: 0 });
    },
  );

  it('finishes a job of which a child refuses one event: that is a dead letter of the child', async () => {
    const run = await start();
    run.gate.behave = (events) =>
      Promise.resolve(
        events.flatMap((e, index) => (e.name === 'e1' ? [{ index, reason: 'poison', retryable: false }] : [])),
      );
    run.emit(3);
    await run.taken(2);
    await run.atRest();
    await settled(run, redis);
    expect(letters(run)).toMatchObject([{ path: 'later/gate', reason: 'refused: poison' }]);
    expect(run.work).toMatchObject({ received: 3, settled: 3 });
    expect(await redis.jobs()).toMatchObject({ completed: 0, failed: 0 });
  });

  it('makes dead letters of a job that Bull gave up, whether it hears of it or finds it at its start', async () => {
    await redis.addJob(job({ events: [event({ name: 'first' })] }));
    const [id = ''] = await redis.redis.lrange(redis.key('wait'), 0, -1);
    await redis.redis
      .multi()
      .lpop(redis.key('wait'))
      .zadd(redis.key('failed'), 1, id)
      .hset(redis.key(id), 'failedReason', 'stalled')
      .exec();
    const run = await start({ settings: { maxStalledCount: 0, stalledInterval: 50 } });
    await eventually(() =>
      expect(letters(run)).toMatchObject([{ path: 'later', reason: 'given-up: Bull abandoned the job: stalled' }]),
    );
    // Taken by a worker that died: active, and without a lock.
    await redis.addJob(job({ events: [event({ name: 'second' })] }));
    await eventually(() => expect(run.gate.names).toEqual(['second']));
    const dead = job({ events: [event({ name: 'third' })] });
    await redis.redis
      .multi()
      .hset(redis.key('dead'), {
        name: 'tracking-events',
        data: JSON.stringify(dead),
        opts: '{"attempts":1000}',
        timestamp: 1,
        delay: 0,
      })
      .lpush(redis.key('active'), 'dead')
      .exec();
    await eventually(() => expect(letters(run)).toHaveLength(2));
    expect(letters(run)[1]?.reason).toContain('more than allowable limit');
    await settled(run, redis);
    expect(await redis.jobs()).toMatchObject({ failed: 0 });
    expect(await redis.redis.exists(redis.key('dead'), redis.key(id))).toBe(0);
  });

  it('finds those that Bull gave up behind those of the application', async () => {
    const { redis: client } = redis;
    for (let n = 0; n < 130; n++) {
      await client.zadd(redis.key('failed'), 1000 + n, `own${String(n)}`);
      await client.hset(redis.key(`own${String(n)}`), { name: 'own', data: '{}', opts: '{}', timestamp: 1, delay: 0 });
    }
    const data = JSON.stringify(job({ events: [event()] }));
    await client.zadd(redis.key('failed'), 1, 'ours');
    await client.hset(redis.key('ours'), { name: 'tracking-events', data, opts: '{}', timestamp: 1, delay: 0 });
    const run = await start();
    await eventually(() => expect(letters(run)).toHaveLength(1));
    expect(await redis.jobs()).toMatchObject({ failed: 130 });
  });

  it('leaves a job that was given up to the first of the workers that look', async () => {
    for (let n = 0; n < 20; n++) {
      const data = JSON.stringify(job({ events: [event({ id: `${ID}${String(n)}` })] }));
      await redis.redis.hset(redis.key(`g${String(n)}`), {
        name: 'tracking-events',
        data,
        opts: '{}',
        timestamp: 1,
        delay: 0,
      });
      await redis.redis.zadd(redis.key('failed'), n, `g${String(n)}`);
    }
    const runs = await Promise.all([start(), start(), start()]);
    await eventually(() => expect(runs.flatMap(letters).length).toBeGreaterThanOrEqual(20));
    for (;;) if ((await redis.jobs()).failed === 0) break;
    expect(runs.flatMap(letters)).toHaveLength(20);
  });
});
