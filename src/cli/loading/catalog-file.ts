import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoted } from '../../common/printable';
import { nearestName } from '../../common/nearest-name';
import { CommandFailedException } from '../command-failed.exception';

const ENDINGS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
const PLACES = ['src/tracking/catalog', 'src/catalog', 'src/events/catalog', 'src/events'];
const FIX =
  'event-tracking catalog … --catalog src/tracking/catalog.ts, or "event-tracking": { "catalog": "…" } in package.json';
const SETTING = '"event-tracking": { "catalog": "src/tracking/catalog.ts" }';

/**
 * Finds the file that exports the catalog: the given file, the file that package.json names, or one
 * of the usual places.
 * @param folder folder of the application
 * @param given a path or a `file://` URL
 * @throws CommandFailedException if there is none, or if the setting in package.json is wrong
 */
export function catalogFile(folder: string, given: string | undefined): string {
  const named = given ?? namedInPackage(folder);
  if (named !== undefined) return namedFile(folder, named);
  const found = PLACES.flatMap((place) => filesAt(resolve(folder, place)))[0];
  if (found !== undefined) return found;
  throw CommandFailedException.create(
    `no catalog was found; looked for ${PLACES.map((place) => `${place}.ts`).join(', ')}.`,
    FIX,
  );
}

function namedFile(folder: string, named: string): string {
  const path = resolve(folder, pathOf(named));
  const kind = kindOf(path);
  if (kind === 'file') return path;
  const index = kind === 'folder' ? filesAt(join(path, 'index'))[0] : undefined;
  if (index !== undefined) return index;
  if (kind === 'folder')
    throw CommandFailedException.create(
      `${named} is a folder without an index file.`,
      'the file that exports the catalog',
    );
  throw CommandFailedException.create(`there is no catalog at ${named}.`, FIX);
}

function pathOf(named: string): string {
  if (!named.startsWith('file:')) return named;
  try {
    return fileURLToPath(named);
  } catch {
    throw CommandFailedException.create(`${named} is not the URL of a local file.`, FIX);
  }
}

function filesAt(path: string): string[] {
  return ENDINGS.map((ending) => path + ending).filter((file) => kindOf(file) === 'file');
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : found.isDirectory() ? 'folder' : 'file';
}

function namedInPackage(folder: string): string | undefined {
  const settings = packageSettings(folder);
  if (settings === undefined) return undefined;
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw wrongSetting('"event-tracking" in package.json is not an object.');
  const { catalog, ...others } = settings as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const hint = nearestName(unknown, ['catalog']) === undefined ? '' : ' Did you mean "catalog"?';
    throw wrongSetting(`"event-tracking" in package.json has the unknown key ${quoted(unknown)}.${hint}`);
  }
  if (typeof catalog === 'string' && catalog !== '') return catalog;
  throw wrongSetting('"catalog" of "event-tracking" in package.json is not the path of a file.');
}

function wrongSetting(what: string): CommandFailedException {
  return CommandFailedException.create(what, `${SETTING}, or leave "event-tracking" out`);
}

/**
 * Returns the key "event-tracking" of package.json; undefined if there is no package.json, or no
 * such key.
 */
function packageSettings(folder: string): unknown {
  let text: string;
  try {
    text = readFileSync(resolve(folder, 'package.json'), 'utf8');
  } catch {
    return undefined;
  }
  try {
    const manifest: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return typeof manifest === 'object' && manifest !== null && 'event-tracking' in manifest
      ? manifest['event-tracking']
      : undefined;
  } catch {
    throw CommandFailedException.create('package.json is not valid JSON.', 'correct it; npm needs it too');
  }
}
