import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export interface GivenCommand {
  readonly folder: string;
  readonly words: readonly string[];
}

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Paths and what is in the files: text, or JSON; null for no file. */
export type Files = Readonly<Record<string, string | object | null>>;

const ROOT = resolve(__dirname, '../../..');
const PACKAGES = ['class-validator', 'class-transformer', 'class-validator-jsonschema', 'reflect-metadata', 'rxjs'];

/** A folder of projects that have their packages in common. */
export class Projects {
  readonly path = mkdtempSync(join(tmpdir(), 'projects-'));

  constructor(compilers: readonly ('typescript' | '@swc')[] = ['typescript', '@swc']) {
    for (const name of [...PACKAGES, ...compilers, '@nestjs', '@ark', 'arktype', 'arkregex'])
      this.link(join(ROOT, 'node_modules', name), `node_modules/${name}`);
    this.write('node_modules/nestjs-event-tracking', {
      'package.json': { exports: { '.': './index.js', './class-validator': './class-validator.js' } },
      'index.js': reexported({ 'catalog/define-event': ['defineEvent'], 'catalog/catalog': ['defineCatalog'] }),
      'class-validator.js': reexported({ 'entries/class-validator': ['dto'] }),
    });
  }

  /** @returns the path of the folder */
  write(folder: string, files: Files): string {
    for (const [name, content] of Object.entries(files)) {
      if (content === null) continue;
      const file = join(this.path, folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    }
    return join(this.path, folder);
  }

  link(target: string, path: string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    symlinkSync(target, join(this.path, path));
  }

  /** The names of the events in the lock of a folder. */
  lockedNames(folder: string): string[] {
    const lock = JSON.parse(readFileSync(join(this.path, folder, 'events.lock.json'), 'utf8')) as { events: object };
    return Object.keys(lock.events);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function reexported(modules: Readonly<Record<string, readonly string[]>>): string {
  const lines = Object.entries(modules).flatMap(([path, names]) =>
    names.map((name) => `exports.${name} = require(${JSON.stringify(join(ROOT, 'src', path))}).${name};`),
  );
  return lines.join('\n');
}

/** Runs the commands in one child process. */
export async function runCommands(commands: readonly GivenCommand[]): Promise<readonly CommandResult[]> {
  const child = fork(join(__dirname, 'commands.child.ts'), {
    cwd: ROOT,
    execArgv: ['-r', join(ROOT, 'scripts/swc-register.cjs')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send(commands);
  const results = await Promise.race([
    once(child, 'message').then(([message]) => message as readonly CommandResult[]),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the child ended with ${String(code)}`))),
  ]);
  child.kill();
  return results;
}
