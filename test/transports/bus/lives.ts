import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { closeLater } from '../../support/start-tracking';

const ROOT = join(__dirname, '../../..');
const MAX_LIVES = 12;

/** Starts a consumer in a process of its own, again and again while it dies. */
export class Lives {
  readonly lines: string[] = [];
  deaths = 0;
  private isOver = false;
  private end: () => void = () => undefined;

  constructor(
    /** See poison.child.ts. */
    private readonly options: object,
  ) {
    closeLater({ close: () => this.close() });
    void this.live();
  }

  of(kind: 'arrived' | 'letter'): string[] {
    return this.lines.filter((line) => line.startsWith(kind)).map((line) => line.slice(kind.length + 1));
  }

  close(): Promise<void> {
    this.isOver = true;
    this.end();
    return Promise.resolve();
  }

  private async live(): Promise<void> {
    while (!this.isOver && this.deaths < MAX_LIVES) {
      const args = [
        '--max-old-space-size=150', // one of the deaths is that there is no memory left
        '-r',
        './scripts/swc-register.cjs',
        join(__dirname, 'poison.child.ts'),
        JSON.stringify(this.options),
      ];
      const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
      createInterface(child.stdout).on('line', (line) => this.lines.push(line));
      this.end = () => child.kill('SIGKILL');
      await once(child, 'close');
      this.deaths++;
    }
  }
}
