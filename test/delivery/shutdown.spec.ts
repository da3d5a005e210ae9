import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { backend } from '../../src/entries';
import { eventually } from '../support/eventually';
import { startTracking } from '../support/start-tracking';
import { afterKill } from './disk-run';
import { Gate } from './gate';
import type { Scenario } from './shutdown.child';

const ROOT = join(__dirname, '../..');
const running = new Set<ChildProcess>();
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tracking-end-'));
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  rmSync(directory, { recursive: true, force: true });
});

class Life {
  printed = '';
  readonly child: ChildProcess;
  private readonly reported: Promise<string>;
  private readonly exited: Promise<unknown[]>;

  constructor(scenario: Scenario, withDisk: boolean) {
    const script = join(__dirname, 'shutdown.child.ts');
    const args = ['-r', './scripts/swc-register.cjs', script, scenario, ...(withDisk ? [directory] : [])];
    this.child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
    running.add(this.child);
    this.exited = once(this.child, 'exit');
    this.reported = text(this.child.stderr!);
    this.child.stdout!.on('data', (chunk: Buffer) => (this.printed += chunk.toString()));
  }

  says(line: string): Promise<void> {
    return eventually(() => expect(this.printed).toContain(line));
  }

  /** Ends the wait of a slow destination or a slow start. */
  goOn(): void {
    this.child.stdin!.write('\n');
  }

  async ended(): Promise<{ code: unknown; signal: unknown; printed: string; reported: string }> {
    const [[code, signal], reported] = await Promise.all([this.exited, this.reported]);
    return { code, signal, printed: this.printed, reported };
  }
}

/** What a later start of the same application finds and delivers. */
async function delivered(): Promise<number> {
  const { tracker, ledger, app } = await startTracking({
    delivery: { directory },
    backends: { sink: backend(Gate) },
  });
  await tracker.flush();
  await eventually(() => expect(ledger.destination('sink')?.pending).toBe(0));
  const count = tracker.backend<Gate>('sink').taken.length;
  await app.close();
  return count;
}

describe('A process with a destination', () => {
  it('delivers what waits when it is stopped, and a second SIGTERM does not cut that short', async () => {
    const life = new Life('slow', false);
    await life.says('ready');
    life.child.kill('SIGTERM');
    await life.says('sending');
    life.child.kill('SIGTERM');
    life.goOn();
    const { signal, printed, reported } = await life.ended();
    expect(printed).toContain('delivered 10');
    expect(signal).toBe('SIGTERM');
    expect(reported).not.toContain('shutdown');
  });

  it('puts on disk what a destination that is down does not take, says so in one line, and ends at once', async () => {
    const life = new Life('down', true);
    await life.says('ready');
    const stoppedAt = Date.now();
    life.child.kill('SIGTERM');
    const { reported, printed } = await life.ended();
    expect(Date.now() - stoppedAt).toBeLessThan(5000);
    expect(`${printed}${reported}`).toMatch(
      /closed; of 10 events that waited: 0 delivered, 0 dead-lettered, 10 left on disk/,
    );
    await expect(delivered()).resolves.toBe(10);
  });

  it.each<[string, Scenario, number, string]>([
    ['a destination never answers', 'never', 2000, 'sending'],
    ['a request never ends', 'request', 10, 'asked'],
  ])(
    'has on disk what it holds as soon as it is stopped, and loses nothing to a kill, though %s',
    async (_what, scenario, count, sign) => {
      const life = new Life(scenario, true);
      await life.says(sign);
      await life.says('ready');
      expect(afterKill(directory, 'queue', 'sink')).toEqual([]); // it was in memory
      life.child.kill('SIGTERM');
      await eventually(() => expect(afterKill(directory, 'queue', 'sink')).toHaveLength(count));
      life.child.kill('SIGKILL');
      await life.ended();
      await expect(delivered()).resolves.toBe(count);
    },
  );

  it('names the loss in one line where there is no disk', async () => {
    const life = new Life('down', false);
    await life.says('ready');
    life.child.kill('SIGTERM');
    const { reported, printed } = await life.ended();
    expect(`${printed}${reported}`).toMatch(/10 dropped \('shutdown'\)/);
  });

  it('can be stopped while it starts', async () => {
    const life = new Life('starting', true);
    await life.says('starting');
    life.child.kill('SIGTERM');
    life.goOn();
    const { printed } = await life.ended();
    expect(printed).toContain('delivered 1');
  });

  it('leaves on disk what it holds when it calls process.exit', async () => {
    const life = new Life('leaves', true);
    const { code } = await life.ended();
    expect(code).toBe(3);
    await expect(delivered()).resolves.toBe(10);
  });
});
