import { OwnClock } from '../../support/own-clock';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms } from '../../support/services';
import { until } from '../../support/until';
import { once, queueName, RedisView, startBull, timesOf, type BullRun } from './bull-run';

/** Of a spawned server, which is no part of what is promised. */
const REACHED_MS = 15_000;
/** In the time of a `close` that waits for nothing but what is to be given up. */
const CLOSE_MS = 10_000;
/** For ten events, of the time when the thread had a processor: beyond any work of their own. */
const SLOW_EMIT_MS = 50;

describeWithPrograms(['redis'], 'The Redis of an AsyncRoutingBackend', ({ redis: program }) => {
  let redis: OwnServer;
  let name: string;
  const delivery = { retry: { minDelayMs: 5, maxDelayMs: 50 } };

  beforeEach(async () => {
    // By `everysec` Redis answers before it writes, while the disk is busy: then a kill takes what
    // it has said yes to.
    const args = program.args.map((arg) => (arg === 'everysec' ? 'always' : arg));
    redis = await OwnServer.start({ ...program, args });
    name = queueName();
  });
  afterEach(async () => {
    await redis.kill('SIGCONT');
    await redis.remove();
  });

  const start = (role: 'both' | 'emitter' | 'worker'): Promise<BullRun> =>
    startBull({
      ...{ url: redis.url, name, role, delivery },
      settings: { lockDuration: 500, maxStalledCount: 20 },
      options: { shutdownTimeoutMs: 1000 },
    });

  /** Emits turn after turn, until it is told to stop. */
  class Load {
    names: string[] = [];
    slow = 0;
    private readonly clock = new OwnClock();
    private readonly pace: NodeJS.Timeout;

    constructor(web: BullRun) {
      this.pace = setInterval(() => {
        const begin = this.clock.now();
        this.names.push(...web.emit(10, this.names.length));
        if (this.clock.now() - begin > SLOW_EMIT_MS) this.slow++;
      }, 5);
    }

    async reaches(count: number): Promise<void> {
      await until(() => this.names.length >= count);
    }

    stop(): readonly string[] {
      clearInterval(this.pace);
      this.clock.close();
      return this.names;
    }
  }

  const allTaken = async (names: readonly string[], ...workers: readonly BullRun[]): Promise<void> => {
    const seen = (): Set<string> => new Set(workers.flatMap(({ gate }) => gate.names));
    await until(
      () => seen().size >= names.length,
      () => `${String(seen().size)} of ${String(names.length)}`,
      REACHED_MS,
    );
    expect([...seen()].sort()).toEqual([...names].sort());
  };

  it('may be down when a web process and a worker start: they start, and the events are sent once it is there', async () => {
    await redis.kill();
    const web = await start('emitter');
    const worker = await start('worker');
    const names = web.emit(250);
    await until(() => web.ledger.destination('later')?.breaker === 'open');
    expect(web.ledger.destination('later')).toMatchObject({ accepted: 250, pending: 250 });
    expect(web.logger.warnings.join()).toContain('cannot be reached');
    await redis.start();
    await allTaken(names, worker);
    expect(timesOf(worker.gate.names)).toEqual(once(names));
    await worker.atRest();
    await Promise.all([web.close(), worker.close()]);
  });

  it('may be down for good: the applications close in time all the same, and say what is lost', async () => {
    await redis.kill();
    const web = await start('emitter');
    const worker = await start('worker');
    web.emit(10);
    const begin = performance.now();
    await Promise.all([web.close(), worker.close()]);
    expect(performance.now() - begin).toBeLessThan(CLOSE_MS);
    expect(web.ledger.destination('later')?.dropped).toEqual({ shutdown: 10 });
  });

  it.each([
    ['is down', 'SIGKILL'],
    ['does not answer any more', 'SIGSTOP'],
  ] as const)('keeps no application from closing when it %s while a worker works', async (_, signal) => {
    const web = await start('emitter');
    const worker = await start('worker');
    let release = (): void => undefined;
    worker.gate.behave = () => new Promise((resolve) => (release = resolve));
    web.emit(10);
    await web.queued();
    await until(() => worker.gate.underWay > 0);
    await redis.kill(signal);
    const begin = performance.now();
    const closed = Promise.all([web.close(), worker.close()]);
    await until(() => worker.ledger.destination('later/gate')?.pending === 0);
    release();
    await closed;
    expect(performance.now() - begin).toBeLessThan(CLOSE_MS);
    expect(worker.work).toMatchObject({ received: 10, returned: 10, pending: 0 });
    expect(worker.ledger.destination('later/gate')?.dropped).toEqual({ returned: 10 });
  });

  it('may be away for a while under load: emit stays fast, and no event is lost', async () => {
    const web = await start('emitter');
    const worker = await start('worker');
    const load = new Load(web);
    await load.reaches(500);
    await redis.kill();
    const before = load.names.length;
    await load.reaches(before + 2000);
    await until(() => web.ledger.destination('later')?.breaker === 'open');
    await redis.start();
    await load.reaches(before + 3000);
    const names = load.stop();
    await allTaken(names, worker);
    await worker.atRest();
    expect(load.slow).toBeLessThanOrEqual(2);
    expect(web.ledger.destination('later')).toMatchObject({ dropped: {}, deadLettered: 0 });
    // What was with the worker when it went may have come twice: the ids tell.
    const twice = Object.values(timesOf(worker.gate.names)).filter((times) => times > 1);
    expect(twice.length).toBeLessThanOrEqual(4 * 100);
    await Promise.all([web.close(), worker.close()]);
  });

  it('may be killed again and again under load', async () => {
    const web = await start('emitter');
    const worker = await start('worker');
    const load = new Load(web);
    for (let kills = 0; kills < 5; kills++) {
      const before = load.names.length;
      await load.reaches(before + 500);
      await redis.kill();
      await redis.start();
    }
    const names = load.stop();
    await allTaken(names, worker);
    await worker.atRest();
    expect(worker.ledger.destination('later/gate')?.deadLettered).toBe(0);
    await Promise.all([web.close(), worker.close()]);
  });

  it('may come back while the worker closes: it takes nothing more, and what it had is there for the next one', async () => {
    const web = await start('emitter');
    const worker = await start('worker');
    worker.gate.behave = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    const names = web.emit(700);
    await web.queued();
    await until(() => worker.gate.underWay > 0);
    await redis.kill();
    const closed = worker.close();
    await redis.start();
    await closed;
    const taken = worker.work.received;
    const view = new RedisView(redis.url, name);
    // One attempt for each time that it was given back.
    const waiting = await view.redis.lrange(view.key('wait'), 0, -1);
    const attempts = await Promise.all(waiting.map((id) => view.redis.hget(view.key(id), 'attemptsMade')));
    expect(waiting.length).toBeGreaterThan(0);
    expect(Math.max(...attempts.map(Number))).toBeLessThanOrEqual(3);
    const next = await start('worker');
    await allTaken(names, next);
    expect(taken).toBeLessThanOrEqual(400);
    await view.close();
    await Promise.all([web.close(), next.close()]);
  });
});
