import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AsyncRoutingBackend,
  backend,
  MemoryBackend,
  processor,
  type TrackingModuleOptions,
} from '../../../src/entries';
import { bullQueue } from '../../../src/entries/bull';
import { eventually } from '../../support/eventually';
import { LogFolder } from '../../support/log-folder';
import { describeWithServices } from '../../support/services';
import { startTracking } from '../../support/start-tracking';
import { queueName, RedisView, startBull, type BullRun } from './bull-run';
import { event, ID, job, letters, settled } from './job-data';

/** A job as it was written by the first version that there was. */
const FORMAT_1 = JSON.parse(readFileSync(join(__dirname, 'job-format-1.json'), 'utf8')) as Record<string, unknown>;

describeWithServices(['redis'], 'A worker of a Bull queue', (urls) => {
  let name: string;
  let redis: RedisView;

  beforeEach(() => {
    name = queueName();
    redis = new RedisView(urls.redis, name);
  });

  const start = (more: Partial<Parameters<typeof startBull>[0]> = {}): Promise<BullRun> =>
    startBull({ url: urls.redis, name, ...more });

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
    ['no object', 'text', 'its data is not an object'],
    ['nothing', null, 'its data is not an object'],
    ['no format', { events: [] }, 'which is not a format of jobs'],
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
    [
      'facts of an event that are no object',
      job({ events: [event()], facts: { 0: 7 } }),
      'its facts (dates, depth or parentId)',
    ],
    [
      'a depth that is no number',
      job({ events: [event()], facts: { 0: { depth: '1' } } }),
      'its facts (dates, depth or parentId)',
    ],
    [
      'a depth below zero',
      job({ events: [event()], facts: { 0: { depth: -1 } } }),
      'its facts (dates, depth or parentId)',
    ],
    [
      'a parent that is no id',
      job({ events: [event()], facts: { 0: { depth: 1, parentId: {} } } }),
      'its facts (dates, depth or parentId)',
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
    await settled(run, redis);
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
      await settled(run, redis);
      expect(letters(run)).toEqual([]);
    });

    it('keeps what can be kept of an event that is nested too deep, where it has no path for it', async () => {
      const run = await start();
      await redis.addText(text('gone', deepText(7000)));
      await eventually(() => expect(letters(run)).toHaveLength(3));
      await redis.addText(text('later', '{}').replace('"format":1', `"format":${deepText(7000)}`));
      await eventually(() => expect(letters(run)).toHaveLength(4));
      await settled(run, redis);
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
        { path: 'later', raw: '{"format":1,', reason: 'unreadable: it is not JSON' },
        { path: 'later', raw: undefined, reason: 'given-up: Bull abandoned the job: stalled' },
      ]);
      await eventually(() => expect(run.ledger.destination('later')?.deadLetters).toBe(2));
      await redis.untilGone('f0', 'f1');
    });
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
      /queue is a string of 8 characters; expected a queue\.[^]*bullQueue\('tracking'\)/,
    );
  });

  it.each([
    [{ concurrency: 0 }, 'concurrency is 0; expected a number, at least 1.'],
    [{ unclaimedTries: -1 }, 'unclaimedTries is -1; expected a number, at least 0.'],
    [{ unclaimedTries: 'never' as unknown as number }, 'unclaimedTries is a string of 5 characters; expected a number'],
  ])('refuses the options %j', (options, message) => {
    expect(() => bullQueue('tracking', options)).toThrow(message);
  });
});
