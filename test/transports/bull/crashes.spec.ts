import { spawn, type ChildProcess } from 'node:child_process';
import { once as onceOf } from 'node:events';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { once, queueName, RedisView, startBull, timesOf, type BullRun } from './bull-run';
import type { Scenario } from './worker.child';

const ROOT = join(__dirname, '../../..');
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

/** A worker process. */
class Worker {
  printed = '';
  reported = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown[]>;

  constructor(scenario: Scenario, url: string, name: string) {
    const args = ['-r', './scripts/swc-register.cjs', join(__dirname, 'worker.child.ts'), scenario, url, name];
    this.child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.child);
    this.exited = onceOf(this.child, 'exit');
    this.child.stdout?.on('data', (chunk: Buffer) => (this.printed += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.reported += chunk.toString()));
  }

  says(line: string): Promise<void> {
    return until(
      () => this.printed.includes(line),
      () => this.printed + this.reported,
      15_000,
    );
  }

  /** Of the events, in order. */
  get names(): string[] {
    return [...this.printed.matchAll(/^event (\S+)/gm)].map(([, event = '']) => event);
  }

  get ids(): string[] {
    return [...this.printed.matchAll(/^event \S+ (\S+)/gm)].map(([, id = '']) => id);
  }

  async end(signal: NodeJS.Signals): Promise<unknown> {
    this.child.kill(signal);
    const [code, by] = await this.exited;
    return by ?? code;
  }
}

describeWithServices(['redis'], 'A worker process', (urls) => {
  let name: string;
  let redis: RedisView;
  let web: BullRun;

  beforeEach(async () => {
    name = queueName();
    redis = new RedisView(urls.redis, name);
    web = await startBull({
      url: urls.redis,
      name,
      role: 'emitter',
      delivery: { batch: { maxEvents: 20, maxWaitMs: 5 } },
    });
  });

  const worker = (scenario: Scenario): Worker => new Worker(scenario, urls.redis, name);
  const allSeen = (names: readonly string[], ...workers: readonly Worker[]): Promise<void> =>
    eventually(() => expect([...new Set(workers.flatMap((life) => life.names))].sort()).toEqual([...names].sort()));
  const queueEmpty = async (): Promise<void> => {
    const deadline = performance.now() + 10_000;
    for (;;) {
      const { wait, active, failed } = await redis.jobs();
      if (wait + active === 0) {
        expect(failed).toBe(0);
        return;
      }
      if (performance.now() > deadline)
        throw new Error(`jobs are left: ${String(wait)} waiting, ${String(active)} active`);
    }
  };

  it('that is killed in mid-job loses nothing: the job runs again whole elsewhere, under the same ids', async () => {
    const first = worker('hangs');
    await first.says('ready');
    const names = web.emit(10);
    await web.queued();
    await first.says('hanging');
    await first.end('SIGKILL');
    expect(first.names).toEqual(['e0']);
    const second = worker('works');
    await allSeen(names, second);
    await queueEmpty();
    expect(timesOf(second.names)).toEqual(once(names));
    expect(second.ids).toContain(first.ids[0]);
  });

  it('that blocks for longer than its lock may have its job run twice, and loses nothing', async () => {
    const first = worker('blocks');
    await first.says('ready');
    const names = web.emit(10);
    await web.queued();
    await first.says('blocking');
    const second = worker('works');
    await first.says('blocked');
    await allSeen(names, first, second);
    await queueEmpty();
    const more = web.emit(5, 10);
    await allSeen([...names, ...more], first, second);
    await queueEmpty();
  });

  it('shares the queue with another: each event is seen once', async () => {
    const workers = [worker('works'), worker('works')];
    await Promise.all(workers.map((life) => life.says('ready')));
    const names = web.emit(600);
    await allSeen(names, ...workers);
    await queueEmpty();
    expect(timesOf(workers.flatMap((life) => life.names))).toEqual(once(names));
  });

  it('gives back at SIGTERM what of its job is not settled, and the next one finishes that: nothing twice', async () => {
    const first = worker('hangs');
    await first.says('ready');
    const names = web.emit(10);
    await web.queued();
    await first.says('hanging');
    expect(await first.end('SIGTERM')).toBe('SIGTERM');
    expect(first.names).toEqual(['e0']);
    const [left] = (await redis.data()) as { events: { name: string }[] }[];
    expect(left?.events.map((event) => event.name)).toEqual(names.slice(1));
    expect(await redis.jobs()).toMatchObject({ active: 0, failed: 0 });
    expect(first.reported).not.toContain('dropped at');
    const second = worker('works');
    await allSeen(names, first, second);
    await queueEmpty();
    expect(timesOf([...first.names, ...second.names])).toEqual(once(names));
    await eventually(() => expect(web.ledger.node('later')?.queue).toMatchObject({ emptiedEvents: 0 }));
  });
});
