import { setTimeout as wait } from 'node:timers/promises';
import { down } from '../../delivery/gate';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms } from '../../support/services';
import { until } from '../../support/until';
import { queueName, RedisView, startBull, type BullRun } from './bull-run';

const MAX_BYTES = 6_000_000;
/** Several times what there is room for in Redis, and less than a web process holds in memory. */
const COUNT = 6000;
/** Of a server that is busy. */
const DRAINED_MS = 30_000;

describeWithPrograms(['redis'], 'An AsyncRoutingBackend whose Redis is full', ({ redis: program }) => {
  let redis: OwnServer;
  let view: RedisView;
  let name: string;

  beforeEach(async () => {
    const limits = ['--maxmemory', String(MAX_BYTES), '--maxmemory-policy', 'noeviction'];
    redis = await OwnServer.start({ ...program, args: [...program.args, ...limits] });
    name = queueName();
    view = new RedisView(redis.url, name);
  });
  afterEach(async () => {
    await view.close();
    await redis.remove();
  });

  const start = (role: 'emitter' | 'worker', settings = {}): Promise<BullRun> =>
    startBull({
      ...{ url: redis.url, name, role },
      delivery: { retry: { minDelayMs: 20, maxDelayMs: 100 } },
      settings: { maxStalledCount: 20, guardInterval: 200, ...settings },
      options: { shutdownTimeoutMs: 2000 },
    });
  const emitMuch = (web: BullRun, count = COUNT): void => {
    for (let n = 0; n < count; n++) web.tracker.emit(`e${String(n)}`, { filler: 'x'.repeat(2000) });
  };
  const memory = async (): Promise<{ used: number; max: number }> => {
    const info = await view.redis.info('memory');
    const read = (field: string): number => Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1]);
    return { used: read('used_memory'), max: read('maxmemory') };
  };
  const untilRefused = (web: BullRun): Promise<void> =>
    until(() => (web.ledger.destination('later')?.failedAttempts ?? 0) > 2, undefined, DRAINED_MS);
  /**
   * Redis refuses every command that needs memory, and goes on to refuse them when the queue is
   * empty.
   */
  const fill = async (): Promise<void> => {
    await view.redis.config('SET', 'maxmemory', '500000');
    await expect(view.redis.set('more', '1')).rejects.toThrow('OOM');
  };
  const drained = (web: BullRun, worker: BullRun, count: number): Promise<void> =>
    until(
      () => new Set(worker.gate.names).size >= count && web.ledger.destination('later')?.pending === 0,
      () => `${String(worker.gate.taken.length)} taken; ${JSON.stringify(web.ledger.destination('later'))}`,
      DRAINED_MS,
    );
  const jobsAre = async (isSo: (jobs: Awaited<ReturnType<RedisView['jobs']>>) => boolean): Promise<void> => {
    const ends = performance.now() + DRAINED_MS;
    for (let jobs = await view.jobs(); !isSo(jobs); jobs = await view.jobs()) {
      if (performance.now() > ends) throw new Error(`the jobs are ${JSON.stringify(jobs)}`);
      await wait(20);
    }
  };
  const nothingIsLeft = (): Promise<void> =>
    jobsAre(({ wait: waiting, active, completed, failed }) => waiting + active + completed + failed === 0);
  const lines = (run: BullRun): string[] => run.logger.warnings.filter((line) => line.includes('new events wait'));

  it('stops adding while there is room for the workers, and goes on when the destination is back', async () => {
    const worker = await start('worker');
    worker.gate.behave = down;
    const web = await start('emitter');
    emitMuch(web);
    await untilRefused(web);
    const { used, max } = await memory();
    expect(used).toBeLessThan(0.9 * max);
    expect(web.ledger.destination('later')?.pending).toBeGreaterThan(3000);
    expect(web.ledger.destination('later')?.accepted).toBe(COUNT);
    for (const run of [web, worker]) {
      await until(() => lines(run).length > 0);
      expect(lines(run)[0]).toMatch(/wait .*Fix: .*maxmemory/);
    }
    worker.gate.behave = () => Promise.resolve();
    await drained(web, worker, COUNT);
    await nothingIsLeft();
    expect((await memory()).used).toBeLessThan(0.5 * max);
    for (const run of [web, worker]) expect(lines(run)).toHaveLength(1);
    await Promise.all([web.close(), worker.close()]);
  });

  it('is worked off by workers that start while Redis refuses every command that needs memory', async () => {
    const web = await start('emitter');
    emitMuch(web, 1000);
    await web.queued();
    await fill();
    const worker = await start('worker');
    await drained(web, worker, 1000);
    await nothingIsLeft();
    expect(worker.gate.taken).toHaveLength(1000);
    await Promise.all([web.close(), worker.close()]);
  });

  it('keeps the lock of a job that takes long, and gives it back at the end', async () => {
    const web = await start('emitter');
    const worker = await start('worker', { lockDuration: 400, stalledInterval: 100 });
    worker.gate.behave = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    emitMuch(web, 300);
    await jobsAre(({ active }) => active >= 3);
    await until(() => worker.gate.underWay > 0);
    await fill();
    const [id = ''] = await view.redis.lrange(view.key('active'), 0, 0);
    const ends = performance.now() + 1500;
    while (performance.now() < ends) {
      expect(await view.redis.exists(view.key(`${id}:lock`))).toBe(1);
      await wait(50);
    }
    await worker.close();
    expect(await view.jobs()).toMatchObject({ active: 0 });
    const next = await start('worker');
    await drained(web, next, 300);
    await nothingIsLeft();
    expect(next.gate.taken).toHaveLength(300);
    await Promise.all([web.close(), next.close()]);
  });

  it('frees what workers of an earlier version left: jobs that are done, with their events', async () => {
    const events = Array.from({ length: 20 }, (_, n) => ({ id: String(n), filler: 'x'.repeat(2000) }));
    const data = JSON.stringify({ format: 1, tracker: 'default', path: 'later', emitter: 'x', events });
    const fields = { name: 'tracking-events', data, opts: '{}', timestamp: 1, finishedOn: 1, returnvalue: 'null' };
    for (let n = 0; n < 100; n++) {
      await view.redis.hset(view.key(`t-${String(n)}`), fields);
      await view.redis.zadd(view.key('completed'), 1, `t-${String(n)}`);
    }
    await view.redis.hset(view.key('own'), { ...fields, name: 'own' });
    await view.redis.zadd(view.key('completed'), 1, 'own');
    await fill();
    const worker = await start('worker');
    await jobsAre(({ completed }) => completed === 1);
    expect(await view.redis.hget(view.key('own'), 'data')).toBe(data);
    expect(await view.redis.hget(view.key('t-1'), 'data')).toBeNull();
    await worker.close();
  });

  it('keeps of a job that is done its name alone, and that for ten minutes', async () => {
    const web = await start('emitter');
    const worker = await start('worker');
    web.emit(1);
    await worker.taken(1);
    await nothingIsLeft();
    const [key = '', ...others] = await view.redis.keys(view.key('t-*'));
    expect(others).toEqual([]);
    expect(await view.redis.pttl(key)).toBeGreaterThan(500_000);
    expect(await view.redis.pttl(key)).toBeLessThanOrEqual(600_000);
    expect(await view.redis.memory('USAGE', key)).toBeLessThan(300);
    await Promise.all([web.close(), worker.close()]);
  });
});
