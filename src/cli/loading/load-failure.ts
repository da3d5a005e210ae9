import { SourceMap } from 'node:module';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandFailedException } from '../command-failed.exception';
import { describeInFull } from '../describe-in-full';
import { ExitRefusedException } from '../process-guard';
import type { ModuleLoader } from './module-loader';
import { SourceErrorException } from './source-compiler';

/** Folder of this package. Its lines in a stack trace do not help the user. */
const PACKAGE = resolve(__dirname, '../../..') + sep;
const OWN_FOLDERS = ['dist', 'src', 'node_modules'].map((folder) => PACKAGE + folder + sep);

interface Place {
  readonly file: string;
  readonly line: number | undefined;
}

/**
 * Describes a file that cannot be loaded: the file and line, the full error, and a fix.
 * @param folder base folder for the paths in the message
 * @param shown path of the catalog in the message
 */
export function loadFailure(
  error: unknown,
  { folder, shown, loader }: { readonly folder: string; readonly shown: string; readonly loader: ModuleLoader },
): CommandFailedException {
  if (error instanceof CommandFailedException) return error;
  const place = placeOf(error, loader);
  const where = place === undefined ? '' : `${relative(folder, place.file) || place.file}${lineText(place)}: `;
  const what = `${shown} cannot be loaded: ${where}${isOwn(error) ? error.message : describeInFull(error)}`;
  const fix = fixOf(error, loader);
  return fix === undefined ? CommandFailedException.of(what, error) : CommandFailedException.create(what, fix, error);
}

/** Returns true for errors whose messages make their class names redundant. */
function isOwn(error: unknown): error is Error {
  return error instanceof SourceErrorException || error instanceof ExitRefusedException;
}

function lineText({ line }: Place): string {
  return line === undefined ? '' : `:${String(line)}`;
}

/**
 * Returns the fix; undefined for an error whose message contains one, such as errors in
 * definitions.
 */
function fixOf(error: unknown, loader: ModuleLoader): string | undefined {
  const { message, code } = (typeof error === 'object' ? (error ?? {}) : {}) as { message?: unknown; code?: unknown };
  const text = typeof message === 'string' ? message : '';
  if (error instanceof ExitRefusedException)
    return 'move the definitions to files that start nothing and do not exit the process';
  if (error instanceof SourceErrorException) return 'run npx tsc --noEmit and correct the reported errors';
  if (/^ *Fix: /m.test(text)) return undefined;
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') return missingModuleFix(text);
  if (!loader.hasCompiler && /decorat|Definitely assigned|TRANSFORM_ERROR|ParseError/i.test(text))
    return 'run npm install --save-dev typescript@6, or @swc/core: the project has no supported compiler';
  if (error instanceof SyntaxError || /ParseError|TRANSFORM_ERROR/.test(text)) return 'correct the syntax of this line';
  return 'use a file that can be imported alone, without starting the application';
}

function missingModuleFix(text: string): string {
  const id = /'([^']+)'/.exec(text)?.[1] ?? '';
  if (id === '' || /^[./]|^[A-Za-z]:[\\/]|^file:/.test(id)) return 'correct the path of the import, or create the file';
  const name = id.split('/').slice(0, id.startsWith('@') ? 2 : 1);
  return `run npm install ${name.join('/')}; or, if it is a path alias, add it to "paths" in the compilerOptions of tsconfig.json`;
}

/** Finds the location of the error: the first application file in its stack trace. */
function placeOf(error: unknown, { sourceMaps }: ModuleLoader): Place | undefined {
  if (error instanceof SourceErrorException) return error;
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined;
  for (const [, path = '', lineOf, columnOf] of error.stack.matchAll(FRAME)) {
    const file = path.startsWith('file:') ? fileURLToPath(path) : path;
    if (!isOfApplication(file)) continue;
    return { file, line: lineInSource(sourceMaps.get(file), Number(lineOf), Number(columnOf ?? 1)) };
  }
  return undefined;
}

/**
 * Stack frames `at f (/a/b.ts:1:2)` and `at /a/b.ts:1:2`, and the first line `/a/b.js:1` of a
 * syntax error.
 */
const FRAME = /^(?:\s+at (?:.*? \()?)?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).*?):(\d+)(?::(\d+))?\)?$/gm;

function isOfApplication(file: string): boolean {
  return !file.includes(`${sep}node_modules${sep}`) && !OWN_FOLDERS.some((folder) => file.startsWith(folder));
}

/** Maps a line to the source. The second stage keeps lines but moves columns. */
function lineInSource(sourceMap: string | undefined, line: number, column: number): number {
  if (sourceMap === undefined) return line;
  try {
    const map = new SourceMap(JSON.parse(sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
    for (const at of [column - 1, Number.MAX_SAFE_INTEGER, 0]) {
      const entry = map.findEntry(line - 1, at);
      if ('originalLine' in entry && entry.generatedLine === line - 1) return entry.originalLine + 1;
    }
  } catch {
    // The line in the compiled code is close enough.
  }
  return line;
}
