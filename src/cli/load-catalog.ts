import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { createJiti } from 'jiti';
import { defineCatalog, isCatalog, type Catalog, type CatalogEntry } from '../catalog/catalog';
import { isContextDefinition } from '../catalog/define-context';
import { isEventDefinition } from '../catalog/define-event';
import { describeError } from '../event/normal-form';
import { CommandFailedException } from './command-failed.exception';

const PLACES = ['src/tracking/catalog', 'src/catalog', 'src/events/catalog', 'src/events'].flatMap((path) =>
  ['.ts', '.js', '.mjs', '.cjs'].map((ending) => path + ending),
);
const MEND =
  'event-tracking catalog … --catalog src/tracking/catalog.ts, or "event-tracking": { "catalog": "…" } in package.json';

/**
 * Loads the catalog of an application, TypeScript included, and nothing else of it: the file must not start anything when it is
 * imported. All catalogs and definitions that it exports are taken together.
 * @param folder in which `given` is looked for
 * @throws CommandFailedException
 */
export async function loadCatalog(folder: string, given: string | undefined): Promise<Catalog> {
  const file = findFile(folder, given);
  const place = relative(folder, file) || file;
  let exported: unknown;
  try {
    // Decorators and their metadata, as Nest has them; paths of the tsconfig too.
    exported = await createJiti(file, { interopDefault: false, tsconfigPaths: true }).import(file);
  } catch (error) {
    throw CommandFailedException.create(
      `${place} cannot be loaded: ${describeError(error)}`,
      'a file that can be imported by itself, without starting the application',
      error,
    );
  }
  const entries = [...new Set(entriesOf(exported, 0))];
  if (entries.length === 0)
    throw CommandFailedException.create(
      `${place} exports no catalog and no definition.`,
      'export const catalog = defineCatalog([...])',
    );
  const [first] = catalogsOf(exported);
  if (first !== undefined && first.entries.length === entries.length) return first;
  try {
    return defineCatalog(entries);
  } catch (error) {
    throw CommandFailedException.create(`${place}: ${describeError(error)}`, 'one definition for each name', error);
  }
}

function findFile(folder: string, given: string | undefined): string {
  const named = given ?? namedInPackage(folder);
  if (named !== undefined) {
    const file = resolve(folder, named);
    if (existsSync(file)) return file;
    throw CommandFailedException.create(`there is no catalog at ${named}.`, MEND);
  }
  const found = PLACES.map((place) => resolve(folder, place)).find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw CommandFailedException.create(
    `no catalog was found; looked for ${PLACES.filter((place) => place.endsWith('.ts')).join(', ')}.`,
    MEND,
  );
}

function namedInPackage(folder: string): string | undefined {
  try {
    const text = readFileSync(resolve(folder, 'package.json'), 'utf8');
    const settings = (JSON.parse(text) as { 'event-tracking'?: { catalog?: unknown } })['event-tracking'];
    return typeof settings?.catalog === 'string' ? settings.catalog : undefined;
  } catch {
    return undefined; // none there, or none that can be read: then the usual places are asked
  }
}

function catalogsOf(exported: unknown): Catalog[] {
  return isObject(exported) ? Object.values(exported).filter(isCatalog) : [];
}

function entriesOf(value: unknown, depth: number): CatalogEntry[] {
  if (isEventDefinition(value) || isContextDefinition(value)) return [value];
  if (isCatalog(value)) return [...value.entries];
  if (!isObject(value) || depth > 1) return []; // the module, and a list that it exports
  return Object.values(value).flatMap((each) => entriesOf(each, depth + 1));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
