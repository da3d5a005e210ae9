import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { DeliveryOptions } from '../../src/entries';
import { TalkingProcess } from '../store/child-process';
import { scratchFolder } from '../store/scratch-folder';
import type { Answer } from './disk-app.child';
import { MOST_SLOW_EMITS } from './far';

const ROOT = join(__dirname, '../..');

const SMALL: DeliveryOptions = {
  maxEvents: 50,
  batch: { maxEvents: 20, maxWaitMs: 5 },
  retry: { minDelayMs: 5, maxDelayMs: 50 },
};

/** A shell that does something first, with mounts of its own that are gone with it. */
export function withMounts(first: string): string[] {
  return ['unshare', '--mount', 'sh', '-c', `${first} && exec "$0" "$@"`];
}

/**
 * Whether a command that goes before the application is permitted here; if not, it is said which.
 */
export function isPermitted(before: readonly string[]): boolean {
  const [program, ...args] = [...before, 'true'];
  const isPossible = spawnSync(program, args).status === 0;
  if (!isPossible) console.warn(`skipped: ${program} ${args.join(' ')} is not permitted here`);
  return isPossible;
}

/** An application in a process of its own, which checks at each step what holds at every moment. */
export class DiskApp extends TalkingProcess {
  constructor(
    url: string,
    delivery: DeliveryOptions,
    { directory = scratchFolder(), before = [] }: { readonly directory?: string; readonly before?: readonly string[] },
  ) {
    const options = JSON.stringify({ ...SMALL, ...delivery });
    const script = [join(__dirname, 'disk-app.child.ts'), directory, url, options];
    super([...before, process.execPath, '-r', join(ROOT, 'scripts/swc-register.cjs'), ...script]);
  }

  async does(line: string): Promise<Answer> {
    const answer = await this.ask<Answer>(line);
    expect(answer.thrown).toEqual([]);
    expect(answer.imbalances).toEqual([]);
    expect(answer.slowEmits).toBeLessThanOrEqual(MOST_SLOW_EMITS);
    return answer;
  }

  /** Asks until the answer is as wanted. */
  async until(isWanted: (answer: Answer) => boolean): Promise<Answer> {
    const deadline = performance.now() + 15_000;
    for (;;) {
      const answer = await this.does('counts');
      if (isWanted(answer)) return answer;
      if (performance.now() > deadline) throw new Error(`it stays so: ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  settled(): Promise<Answer> {
    return this.until(({ counts }) => counts.pending === 0);
  }
}
