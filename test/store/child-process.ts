import { transformSync } from '@swc/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { scratchFolder } from './scratch-folder';

const ROOT = join(__dirname, '../..');
let compiled: string | undefined;

/**
 * Compiled once and run bare: 20 processes that each load a compiler would take longer than all
 * else.
 */
function compile(): string {
  const to = scratchFolder();
  for (const folder of ['src/store', 'test/store']) {
    mkdirSync(join(to, folder), { recursive: true });
    for (const name of readdirSync(join(ROOT, folder))) {
      if (!name.endsWith('.ts') || (folder.startsWith('test') && !name.endsWith('.child.ts'))) continue;
      const { code } = transformSync(readFileSync(join(ROOT, folder, name), 'utf8'), {
        swcrc: false,
        module: { type: 'commonjs' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      });
      writeFileSync(join(to, folder, name.replace(/\.ts$/, '.js')), code);
    }
  }
  return to;
}

const running = new Set<ChildProcess>();

/**
 * A process of a test that is told and tells, a line of JSON each. Killed after the test if it
 * still lives.
 */
export class TalkingProcess {
  readonly lines: string[] = [];
  readonly exited: Promise<unknown>;
  private readonly process: ChildProcess;
  private readonly reader: AsyncIterator<string>;

  constructor(command: readonly string[]) {
    const [program, ...rest] = command;
    this.process = spawn(program!, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    running.add(this.process);
    this.exited = once(this.process, 'exit').then(() => running.delete(this.process));
    this.process.stdin!.on('error', () => {}); // it was killed while it was told something
    this.reader = createInterface(this.process.stdout!)[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.process.pid!;
  }

  tell(line: string): void {
    this.process.stdin!.write(line + '\n');
  }

  /** The next line it prints, parsed; undefined when it prints no more. */
  async said<Said>(): Promise<Said | undefined> {
    const { value, done } = await this.reader.next();
    return done === true ? undefined : (JSON.parse(value) as Said);
  }

  /** What it answers to a line; it must not end before. */
  async ask<Answer>(line: string): Promise<Answer> {
    this.tell(line);
    const answer = await this.said<Answer>();
    if (answer === undefined) throw new Error(`it ended before it answered to ${line}`);
    return answer;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** kill -9, and waits until it is dead. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }
}

/** One that runs a script of this folder, with the stores and nothing else. */
export class Child extends TalkingProcess {
  /** @param before a program that starts Node, with its arguments */
  constructor(script: string, args: readonly string[], before: readonly string[] = []) {
    compiled ??= compile();
    const file = join(compiled, 'test/store', script.replace(/\.ts$/, '.js'));
    super([...before, process.execPath, file, ...args]);
  }
}

afterEach(async () => {
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      running.delete(child);
    }),
  );
});
