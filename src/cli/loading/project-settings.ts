import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Settings with which `nest build` compiles the project of a file. */
export interface ProjectSettings {
  /** Absolute path of the project's tsconfig; undefined if there is none. */
  readonly tsconfig: string | undefined;
  readonly builder: 'typescript' | 'swc';
  /** Absolute path of the folder in which SWC looks for its `.swcrc`. */
  readonly root: string;
  /** Absolute path of the `.swcrc` that nest-cli.json names; undefined for the one in `root`. */
  readonly swcrc: string | undefined;
}

interface NestCompilerOptions {
  readonly tsConfigPath?: unknown;
  readonly builder?: unknown;
}

interface NestCli {
  readonly compilerOptions?: NestCompilerOptions;
  readonly projects?: Readonly<
    Record<string, { readonly root?: unknown; readonly compilerOptions?: NestCompilerOptions }>
  >;
}

const NEST_CLI = ['nest-cli.json', '.nest-cli.json'];

/**
 * Reads nest-cli.json and finds the tsconfig. Looks for both in the folder of `file` and then in
 * the folders above it.
 */
export function projectSettings(file: string): ProjectSettings {
  const nestFile = nearest(dirname(file), NEST_CLI);
  const root = nestFile === undefined ? dirname(nearest(dirname(file), ['package.json']) ?? file) : dirname(nestFile);
  const options = nestFile === undefined ? {} : nestOptions(nestFile, file);
  const { tsConfigPath, builder } = options;
  const named = typeof tsConfigPath === 'string' ? resolve(root, tsConfigPath) : undefined;
  // Without a name, `nest build` prefers tsconfig.build.json to tsconfig.json.
  const names = nestFile === undefined ? ['tsconfig.json'] : ['tsconfig.build.json', 'tsconfig.json'];
  const swcrcPath = isObject(builder) && isObject(builder['options']) ? builder['options']['swcrcPath'] : undefined;
  return {
    tsconfig: named !== undefined && existsSync(named) ? named : nearest(dirname(file), names),
    builder: builder === 'swc' || (isObject(builder) && builder['type'] === 'swc') ? 'swc' : 'typescript',
    root,
    swcrc: typeof swcrcPath === 'string' ? resolve(root, swcrcPath) : undefined,
  };
}

/**
 * Returns the options of the project whose root contains the file, merged over the options of the
 * whole workspace.
 */
function nestOptions(nestFile: string, file: string): NestCompilerOptions {
  const settings = readJson(nestFile) as NestCli | undefined;
  const projects = Object.values(settings?.projects ?? {}).flatMap(({ root, compilerOptions }) =>
    typeof root === 'string' && isWithin(resolve(dirname(nestFile), root), file) ? [{ root, compilerOptions }] : [],
  );
  const [project] = projects.sort((one, other) => other.root.length - one.root.length);
  return { ...settings?.compilerOptions, ...project?.compilerOptions };
}

function nearest(folder: string, names: readonly string[]): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const found = names.map((name) => join(at, name)).find((path) => existsSync(path));
    if (found !== undefined || at === dirname(at)) return found;
  }
}

/** Reads a JSON object; undefined for other files, which `nest build` itself reports. */
function readJson(file: string): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(folder: string, file: string): boolean {
  return !relative(folder, file).startsWith('..');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
