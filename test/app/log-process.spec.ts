import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { LogFolder } from '../support/log-folder';
import type { Scenario } from './log-process.child';

const ROOT = join(__dirname, '../..');
const CHILD = join(__dirname, 'log-process.child.ts');

/** Reads what a process prints. */
type Reader = (output: Readable, run: Run) => Promise<string>;

const readAll: Reader = (output) => text(output);

/** As a log collector under load reads: what does not fit into the pipe has to wait. */
const readSlowly: Reader = async (output) => {
  let all = '';
  output.setEncoding('utf8');
  for await (const chunk of output) {
    all += chunk;
    await wait(4);
  }
  return all;
};

class Run {
  readonly child: ChildProcess;
  readonly printed: Promise<string>;
  readonly reported: Promise<string>;
  private readonly exited: Promise<unknown[]>;

  /** @param output how standard output is read, or the file it goes to */
  constructor(scenario: Scenario, output: Reader | number = readAll) {
    this.child = spawn(process.execPath, ['-r', './scripts/swc-register.cjs', CHILD, JSON.stringify(scenario)], {
      cwd: ROOT,
      stdio: ['ignore', typeof output === 'number' ? output : 'pipe', 'pipe'],
    });
    running.add(this.child);
    this.exited = once(this.child, 'exit');
    this.reported = text(this.child.stderr!);
    this.printed = typeof output === 'number' ? Promise.resolve('') : output(this.child.stdout!, this);
  }

  async ended(): Promise<{ code: unknown; signal: unknown; printed: string; reported: string }> {
    const [[code, signal], printed, reported] = await Promise.all([this.exited, this.printed, this.reported]);
    running.delete(this.child);
    return { code, signal, printed, reported };
  }

  async hasReported(what: string): Promise<void> {
    for (let all = ''; !all.includes(what);) {
      const [chunk] = (await once(this.child.stderr!, 'data')) as [Buffer];
      all += chunk.toString();
    }
  }
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

let folder: LogFolder;
let log: Scenario['log'];
beforeEach(() => {
  folder = new LogFolder();
  // Nothing is written by the clock: what is there was written by the end.
  log = { path: folder.file(), maxWaitMs: 1_000_000 };
});

function numbersIn(output: string): number[] {
  const lines = output.split('\n');
  expect(lines.pop()).toBe(''); // a torn line at the end
  return lines.flatMap((line) => (JSON.parse(line) as { data?: { at: number } }).data?.at ?? []);
}

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_number, at) => at);
}

type Load = Pick<Scenario, 'count' | 'textLength' | 'turns'>;

/** They fit into the buffer. */
const few: Load = { count: 50 };
/**
 * They fill many buffers before the event loop turns: the first is under way when the process ends.
 */
const burst: Load = { count: 3000, textLength: 200 };
const turns: Load = { ...burst, turns: 20 };

describe('A process that logs to a file', () => {
  it.each<readonly [what: string, load: Load, end: Scenario['end'], code: number]>([
    ['a few lines and a natural end', few, 'natural', 0],
    ['a few lines and process.exit', few, 'exit', 3],
    ['a few lines and an uncaught error', few, 'throw', 1],
    ['a few lines and a closed application', few, 'close', 0],
    ['a burst and a natural end', burst, 'natural', 0],
    ['a burst and process.exit', burst, 'exit', 3],
    ['a burst and an uncaught error', burst, 'throw', 1],
    ['a burst and a closed application', burst, 'close', 0],
    ['a load and process.exit', turns, 'exit', 3],
  ])('has every line in it, in order, after %s', async (_what, load, end, expected) => {
    const { code } = await new Run({ log, ...load, end }).ended();
    expect(code).toBe(expected);
    expect(numbersIn(folder.text())).toEqual(upTo(load.count));
  });

  it('has every line in it after SIGTERM, when shutdown hooks are enabled', async () => {
    const run = new Run({ log, ...turns, end: 'stay', enableShutdownHooks: true });
    await run.hasReported('emitted');
    run.child.kill('SIGTERM');
    const { signal } = await run.ended();
    expect(signal).toBe('SIGTERM');
    expect(numbersIn(folder.text())).toEqual(upTo(turns.count));
  });

  it('has every line in it after SIGKILL, with sync', async () => {
    const run = new Run({ log: { ...log, sync: true }, ...burst, end: 'stay' });
    await run.hasReported('emitted');
    run.child.kill('SIGKILL');
    await run.ended();
    expect(numbersIn(folder.text())).toEqual(upTo(burst.count));
  });
});

describe('A process whose threads are all busy', () => {
  it('has every line in the file after its exit, in order', async () => {
    await new Run({ log, count: 3000, textLength: 200, isBusy: true, end: 'exit' }).ended();
    expect(numbersIn(folder.text())).toEqual(upTo(3000));
  });
});

describe('A process whose file takes nothing', () => {
  it.each(['exit', 'natural', 'close'] as const)('ends all the same, and says what was lost (%s)', async (end) => {
    const onFullDisk = { path: '/dev/full', maxWaitMs: 1_000_000 };
    const { code, reported } = await new Run({ log: onFullDisk, count: 3000, textLength: 20, turns: 3, end }).ended();
    expect(code).toBe(end === 'exit' ? 3 : 0);
    expect(reported).toMatch(/\/dev\/full could not take the last lines .*3000/);
  });
});

describe('A process that logs to standard output', () => {
  const stdout = { maxWaitMs: 1_000_000 };

  it.each<readonly [what: string, reader: Reader, load: Load, end: Scenario['end']]>([
    ['a few lines and a natural end', readAll, few, 'natural'],
    ['a few lines and process.exit', readAll, few, 'exit'],
    ['a burst and process.exit', readAll, burst, 'exit'],
    ['a burst and a natural end, with a slow reader', readSlowly, burst, 'natural'],
    ['a burst and process.exit, with a slow reader', readSlowly, burst, 'exit'],
    ['a burst and an uncaught error, with a slow reader', readSlowly, burst, 'throw'],
    ['a burst and a closed application, with a slow reader', readSlowly, burst, 'close'],
    ['a load and process.exit, with a slow reader', readSlowly, turns, 'exit'],
  ])('has lost no line and torn none after %s', async (_what, reader, load, end) => {
    const { printed } = await new Run({ log: stdout, ...load, end }, reader).ended();
    expect(numbersIn(printed)).toEqual(upTo(load.count));
  });

  it('does not mix its lines with what the application prints', async () => {
    const { printed } = await new Run({ log: stdout, ...turns, prints: true, end: 'exit' }, readSlowly).ended();
    expect(numbersIn(printed)).toEqual(upTo(turns.count));
  });

  it('has written each line before emit returned, with sync', async () => {
    const run = new Run({ log: { sync: true }, ...burst, end: 'stay' }, readSlowly);
    await run.hasReported('emitted');
    run.child.kill('SIGKILL');
    const { printed } = await run.ended();
    expect(numbersIn(printed)).toEqual(upTo(burst.count));
  });

  it('has every line in the file that standard output is sent to', async () => {
    const fd = openSync(folder.file(), 'a');
    await new Run({ log: stdout, ...burst, end: 'exit' }, fd).ended();
    closeSync(fd);
    expect(numbersIn(folder.text())).toEqual(upTo(burst.count));
  });
});

describe('A process whose standard output', () => {
  it('is not read for a while goes on, and writes all when it is read again', async () => {
    // Nothing is read before the event loop has turned while the application closes: a loop that
    // waits for the reader never gets there.
    const idle: Reader = async (output, run) => {
      await run.hasReported('the event loop turns');
      return text(output);
    };
    const { printed, reported } = await new Run({ log: {}, count: 3000, textLength: 200, end: 'close' }, idle).ended();
    expect(numbersIn(printed)).toEqual(upTo(3000));
    expect(reported).toContain('"pending":0');
  });

  it('has been closed by its reader does not die of it; it is told, and the lines are counted', async () => {
    const gone: Reader = (output) => {
      output.destroy();
      return Promise.resolve('');
    };
    const { code, reported } = await new Run(
      { log: {}, count: 300, textLength: 200, turns: 10, end: 'close' },
      gone,
    ).ended();
    expect(code).toBe(0);
    expect(reported).toMatch(/standard output cannot be written \(EPIPE/);
    expect(reported).toMatch(/"delivered":0,"dropped":\{"shutdown":300\},"pending":0/);
  });
});
