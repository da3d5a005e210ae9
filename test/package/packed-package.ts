import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = resolve(__dirname, '../..');

/** Names of the subpaths, `kafka` for `nestjs-event-tracking/kafka`: the files of src/entries. */
export const entries: readonly string[] = readdirSync(join(root, 'src/entries'))
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => name !== 'index')
  .sort();

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly bin: Readonly<Record<'event-tracking' | 'nestjs-event-tracking', string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const isOptional = (peer: string) => manifest.peerDependenciesMeta?.[peer]?.optional === true;
export const requiredPeers = Object.keys(manifest.peerDependencies).filter((peer) => !isOptional(peer));
export const optionalPeers = Object.keys(manifest.peerDependencies).filter(isOptional);

/**
 * The package as a user gets it: packed, then unpacked into an application that has its
 * dependencies and required peers only.
 */
export class PackedPackage {
  private constructor(
    readonly tarball: string,
    readonly app: string,
  ) {}

  static async make(): Promise<PackedPackage> {
    if (!existsSync(join(root, 'dist/entries/index.js')))
      throw new Error('dist/ is missing: run `npm run build` first.');
    const folder = mkdtempSync(join(tmpdir(), 'packed-'));
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: root,
    });
    const tarball = join(folder, (JSON.parse(stdout) as [{ filename: string }])[0].filename);
    const packed = new PackedPackage(tarball, join(folder, 'app'));
    mkdirSync(packed.folder, { recursive: true });
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', packed.folder]);
    packed.link(...Object.keys(manifest.dependencies), ...requiredPeers);
    return packed;
  }

  /** Installs packages into the application. @returns a function that removes them */
  link(...names: readonly string[]): () => void {
    const links = names.map((name) => join(this.app, 'node_modules', name));
    links.forEach((link, at) => {
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, 'node_modules', names[at]!), link);
    });
    return () => {
      for (const link of links) rmSync(link);
    };
  }

  get folder(): string {
    return join(this.app, 'node_modules', manifest.name);
  }

  /** Runs a script in the application, in a process of its own; answers the JSON that it prints. */
  async evaluate(script: string, type: 'commonjs' | 'module' = 'commonjs'): Promise<unknown> {
    const { stdout } = await run(process.execPath, [`--input-type=${type}`, '-e', script], { cwd: this.app });
    return JSON.parse(stdout);
  }

  /** Runs a script of the package in the application. */
  run(script: string, ...args: string[]): Promise<Ended> {
    return end(process.execPath, [join(this.folder, script), ...args], this.app);
  }

  /** Runs a tool of this repository. */
  check(tool: string, ...args: string[]): Promise<Ended> {
    return end(join(root, 'node_modules/.bin', tool), args, root);
  }

  remove(): void {
    rmSync(dirname(this.app), { recursive: true, force: true });
  }
}

/** How a process ended, and what it said. */
interface Ended {
  readonly code: unknown;
  readonly said: string;
}

async function end(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1' };
  try {
    const { stdout } = await run(program, args, { cwd, env });
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}
