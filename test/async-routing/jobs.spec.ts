import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AsyncRoutingBackend, backend, MemoryBackend, processor, type TrackingModuleOptions } from '../../src/entries';
import { bullQueue } from '../../src/entries/bull';
import { eventually } from '../support/eventually';
import { LogFolder } from '../support/log-folder';
import { describeWithServices } from '../support/services';
import { startTracking } from '../support/start-tracking';
import { queueName, RedisView, startBull, type BullRun } from './bull-run';

/** A job as it was written by the first version that there was. */
const FORMAT_1 = JSON.parse(readFileSync(join(__dirname, 'job-format-1.json'), 'utf8')) as Record<string, unknown>;
const ID = '0190a6f0-0000-7000-8000-000000000001';
const event = (more: object = {}): object => ({
  ...{ name: 'e', timestamp: '2026-11-24T08:00:00.000Z', id: ID, context: {}, data: { n: 1 } },
  ...more,
});
const job = (more: object): object => ({
  format: 1,
  tracker: 'default',
  path: 'later',
  emitter: 'x',
  events: [],
  ...more,
});

describeWithServices(['redis'], 'A worker of a Bull queue', (urls) => {
  let name: string;
  let redis: RedisView;

  beforeEach(() => {
    name = queueName();
    redis = new RedisView(urls.redis, name);
  });

  const start = (more: Partial<Parameters<typeof startBull>[0]> = {}): Promise<BullRun> =>
    startBull({ url: urls.redis, name, ...more });
  const letters = (run: BullRun): { reason: string; path: string; raw: unknown }[] =>
    run.tracker.deadLetters.list().map(({ reason, path, event: { data } }) => ({ reason, path, raw: data['raw'] }));
  const settled = async (run: BullRun): Promise<void> => {
    await eventually(() => expect(run.work.pending).toBe(0));
    for (;;) {
      const { wait, active, completed } = await redis.jobs();
      if (wait + active + completed === 0) return;
    }
  };

  it('reads a job of the oldest format, with dates, origins and what was processed', async () => {
    await redis.addJob(FORMAT_1);
    const run = await start({ processors: [processor((e) => ({ ...e, data: { ...e.data, processed: true } }))] });
    await run.taken(2);
    expect(run.gate.taken).toEqual([
      {
        name: 'edx.course.enrollment.activated',
        timestamp: new Date('2026-11-24T08:00:00.000Z'),
        id: '019ab4f0-1000-7000-8000-000000000001',
        context: { user_id: 7, since: new Date('2026-11-01T00:00:00.000Z') },
        data: {
          mode: 'audit',
          due: new Date('2026-12-01T00:00:00.000Z'),
          text: '2026-12-01T00:00:00.000Z',
          processed: true,
        },
      },
      {
        name: 'derived',
        timestamp: new Date('2026-11-24T08:00:01.000Z'),
        id: '019ab4f0-1000-8000-8000-000000000002',
        context: {},
        data: { list: [1, 'two', null], processed: true },
      },
    ]);
    await run.atRest();
  });

  it('makes a clear dead letter of a job of a newer version', async () => {
    const newer = { format: 2, tracker: 'default', path: 'later', batches: [{ anything: ['else', 7] }] };
    await redis.addJob(newer);
    const run = await start();
    await eventually(() => {
      expect(letters(run)).toEqual([
        {
          path: 'later',
          raw: newer,
          reason: expect.stringContaining('it was written by a newer version of nestjs-event-tracking') as unknown,
        },
      ]);
    });
    expect(run.logger.warnings.join()).toContain('became a dead letter: it has format 2');
  });

  it('never has a destination sent what is no event, though a job may name its path', async () => {
    await redis.addJob({ format: 2, tracker: 'default', path: 'later/gate' });
    const run = await start();
    await eventually(() => expect(letters(run)).toMatchObject([{ path: ':unreadable' }]));
    expect(await run.tracker.deadLetters.redrive({})).toBe(0);
    await run.tracker.flush();
    expect(run.gate.taken).toEqual([]);
    expect(await run.tracker.deadLetters.purge({})).toBe(1);
  });

  it('keeps the dead letter of a newer job on disk, and redrives it from there once and again', async () => {
    const directory = new LogFolder().path;
    const newer = { format: 2, tracker: 'default', path: 'later', batches: [{ at: '2026-01-01T00:00:00.000Z' }] };
    await redis.addJob(newer);
    const options: TrackingModuleOptions = { delivery: { directory } };
    let run = await start({ options });
    for (let round = 0; round < 2; round++) {
      await eventually(() => expect(letters(run)).toHaveLength(1));
      await run.close();
      run = await start({ options, role: 'emitter' });
      expect(await run.tracker.deadLetters.redrive({})).toBe(1);
      await run.queued();
      expect(await redis.data()).toEqual([newer]);
      await run.close();
      run = await start({ options });
    }
  });

  it.each([
    ['no object', 'text', 'its data is no object'],
    ['nothing', null, 'its data is no object'],
    ['no format', { events: [] }, 'which is none'],
    ['no path', job({ path: 7 }), 'it lacks tracker, path or events'],
    ['events that are no list', job({ events: { 0: event() } }), 'it lacks tracker, path or events'],
    ['an event without an id', job({ events: [event({ id: undefined })] }), 'it has no id or no name'],
    ['an event that is null', job({ events: [null] }), 'it has no id or no name'],
    ['an event without a time', job({ events: [event({ timestamp: 'soon' })] }), 'its timestamp is no time'],
    [
      'an event without data',
      job({ events: [event({ data: undefined })] }),
      'it has no timestamp, no context or no data',
    ],
    [
      'an event without a timestamp',
      job({ events: [event({ timestamp: undefined })], facts: { 0: { dates: [] } } }),
      'it has no timestamp, no context or no data',
    ],
    ['facts that are null', job({ events: [event()], facts: null }), 'one of its events cannot be read'],
    ['dates where nothing is', job({ events: [event()], facts: { 0: { dates: [['a', 'b']] } } }), 'cannot be read'],
    ['dates that are no list', job({ events: [event()], facts: { 0: { dates: 7 } } }), 'the paths to its dates'],
    [
      'a date of all objects',
      job({ events: [event()], facts: { 0: { dates: [['__proto__', 'x']] } } }),
      'leads nowhere',
    ],
    ['facts of an event that are no object', job({ events: [event()], facts: { 0: 7 } }), 'what is known of it'],
    ['a depth that is no number', job({ events: [event()], facts: { 0: { depth: '1' } } }), 'what is known of it'],
    ['a depth below zero', job({ events: [event()], facts: { 0: { depth: -1 } } }), 'what is known of it'],
    [
      'a parent that is no id',
      job({ events: [event()], facts: { 0: { depth: 1, parentId: {} } } }),
      'what is known of it',
    ],
  ])('makes one dead letter of a job with %s, and goes on', async (_, data, reason) => {
    const run = await start();
    await redis.addJob(data);
    await eventually(() => {
      expect(letters(run)).toEqual([
        { path: 'later', raw: data, reason: expect.stringMatching(/^unreadable: /) as unknown },
      ]);
    });
    expect(letters(run)[0]?.reason).toContain(reason);
    run.emit(1);
    await run.taken(1);
    await run.atRest();
  });

  it('makes a dead letter of one event that cannot be read, delivers its neighbours, and counts all of them', async () => {
    const polluting = { 1: { dates: [['timestamp'], ['__proto__', 'get']] }, 3: { dates: [['data', 'n', 'x']] } };
    const events = ['a', 'b', 'c', 'd'].map((name, at) => event({ name, id: ID.replace(/1$/, String(at)) }));
    await redis.addJob(job({ events, facts: polluting }));
    const run = await start();
    await run.taken(2);
    expect(run.gate.names).toEqual(['a', 'c']);
    expect('get' in {}).toBe(false);
    await settled(run);
    expect(letters(run)).toEqual([
      { path: 'later', raw: expect.objectContaining({ events: [events[1]] }) as unknown, reason: expect.any(String) },
      { path: 'later', raw: expect.objectContaining({ events: [events[3]] }) as unknown, reason: expect.any(String) },
    ]);
    for (const { reason } of letters(run))
      expect(reason).toMatch(/^unreadable: one of its events cannot be read: .*date/);
    expect(await redis.redis.get(redis.key('tracking:settled:x'))).toBe('4');
    expect(await redis.jobs()).toMatchObject({ completed: 0, failed: 0 });
  });

  describe('that is sent what no tracker writes', () => {
    const deepText = (levels: number): string => `${'{"in":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const text = (path: string, data: string): string =>
      JSON.stringify(
        job({ path, events: [event({ name: 'a' }), event({ name: 'odd', data: 'ODD' }), event()] }),
      ).replace('"ODD"', data);

    it.each([
      ['nested too deep', deepText(7000)],
      ['a number beyond all numbers', '{"n":1e999}'],
      ['too many values', `[${'0,'.repeat(50_000)}0]`],
      ['a text that is too long', `"${'x'.repeat(4_000_000)}"`],
    ])('delivers an event with %s as an emitted one: with a note in its place, which is counted', async (_, data) => {
      const run = await start();
      await redis.addText(text('later', data));
      await run.taken(3);
      expect(run.gate.names).toEqual(['a', 'odd', 'e']);
      expect(JSON.stringify(run.gate.taken[1]).length).toBeLessThan(3_000_000);
      expect(Object.values(run.ledger.tracker().replaced)).toEqual([expect.any(Number)]);
      await settled(run);
      expect(letters(run)).toEqual([]);
    });

    it('keeps what can be kept of an event that is nested too deep, where it has no path for it', async () => {
      const run = await start();
      await redis.addText(text('gone', deepText(7000)));
      await eventually(() => expect(letters(run)).toHaveLength(3));
      await redis.addText(text('later', '{}').replace('"format":1', `"format":${deepText(7000)}`));
      await eventually(() => expect(letters(run)).toHaveLength(4));
      await settled(run);
    });

    it('loses to a job that is no JSON neither the jobs behind it nor the process', async () => {
      const unheard: unknown[] = [];
      const hear = (error: unknown): void => void unheard.push(error);
      process.on('unhandledRejection', hear);
      const broken = await redis.addText('{"format":1,');
      await redis.addJob(job({ events: [event({ name: 'behind' })] }));
      const settings = { lockDuration: 200, stalledInterval: 100, maxStalledCount: 1, retryProcessDelay: 50 };
      const run = await start({ settings, concurrency: 1 });
      await run.taken(1);
      expect(run.gate.names).toEqual(['behind']);
      await eventually(() => expect(letters(run)).toEqual([expect.objectContaining({ raw: '{"format":1,' })]));
      await redis.untilGone(broken);
      process.off('unhandledRejection', hear);
      expect(unheard).toEqual([]);
    });

    it('buries a job that is no JSON once Bull has given it up, and others that failed behind it', async () => {
      const given = { name: 'tracking-events', opts: '{}', timestamp: 1, delay: 0, failedReason: 'stalled' };
      const good = JSON.stringify(job({ events: [event()] }));
      for (const [at, data] of ['{"format":1,', good].entries()) {
        await redis.redis.hset(redis.key(`f${String(at)}`), { ...given, data });
        await redis.redis.zadd(redis.key('failed'), at, `f${String(at)}`);
      }
      const run = await start();
      await eventually(() => expect(letters(run)).toHaveLength(2));
      expect(letters(run)).toEqual([
        { path: 'later', raw: '{"format":1,', reason: 'unreadable: it is no JSON' },
        { path: 'later', raw: undefined, reason: 'given-up: Bull gave the job up: stalled' },
      ]);
      await eventually(() => expect(run.ledger.destination('later')?.deadLetters).toBe(2));
      await redis.untilGone('f0', 'f1');
    });
  });

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
    await settled(run);
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
    await settled(run);
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
      await settled(run);
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
    await settled(run);
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
      expect(letters(run)).toMatchObject([{ path: 'later', reason: 'given-up: Bull gave the job up: stalled' }]),
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
    await settled(run);
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

describe('The configuration of a Bull queue', () => {
  const tree = (
    queue: unknown,
    imports: NonNullable<Parameters<typeof backend>[2]>['imports'] = [],
  ): TrackingModuleOptions => ({
    backends: {
      later: backend(AsyncRoutingBackend, { queue } as never, {
        imports,
        backends: { memory: backend(MemoryBackend) },
      }),
    },
  });

  it('names what offers a queue, where no module does', async () => {
    await expect(startTracking(tree(bullQueue('none')))).rejects.toThrow(
      /backends\.later \(AsyncRoutingBackend\): it needs the queue "none" of @nestjs\/bull, which no module offers\.[^]*BullModule\.registerQueue/,
    );
  });

  it('says how a queue is given, where it is given as a text', async () => {
    await expect(startTracking(tree('tracking'))).rejects.toThrow(
      /queue is a string of 8 characters, not a queue\.[^]*bullQueue\('tracking'\)/,
    );
  });

  it.each([
    [{ concurrency: 0 }, 'concurrency is 0, not a number from 1 up.'],
    [{ unclaimedTries: -1 }, 'unclaimedTries is -1, not a number from 0 up.'],
    [{ unclaimedTries: 'never' as unknown as number }, 'unclaimedTries is a string of 5 characters, not a number'],
  ])('refuses the options %j', (options, message) => {
    expect(() => bullQueue('tracking', options)).toThrow(message);
  });
});
