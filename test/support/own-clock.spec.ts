import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { existsSync } from 'node:fs';
import { OwnClock } from './own-clock';

const clock = new OwnClock();
afterAll(() => {
  clock.close();
});

/** How long it takes to do nothing useful, on the wall and by the clock. */
function measured(work: () => void): { readonly wallMs: number; readonly ownMs: number } {
  const wall = performance.now();
  const own = clock.now();
  work();
  const ownMs = clock.now() - own;
  return { ownMs, wallMs: performance.now() - wall };
}

function spin(untilMs: number): void {
  const end = performance.now() + untilMs;
  while (performance.now() < end);
}

describe('OwnClock', () => {
  it('counts what the thread itself waits for', () => {
    const { ownMs } = measured(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100));
    expect(ownMs).toBeGreaterThan(90);
  });

  (existsSync('/proc/thread-self/schedstat') ? it : it.skip)('leaves out what others had the processors for', () => {
    const rivals = [...cpus(), ...cpus()].map(() =>
      spawn(process.execPath, ['-e', 'process.stdout.write("."); for (;;);'], { stdio: 'ignore' }),
    );
    try {
      const { wallMs, ownMs } = measured(() => {
        spin(1500);
      });
      expect(ownMs).toBeLessThan(wallMs - 100);
    } finally {
      for (const rival of rivals) rival.kill('SIGKILL');
    }
  });
});
