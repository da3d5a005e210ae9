import 'reflect-metadata'; // a file of DTOs may be imported before any Nest module
import { relative } from 'node:path';
import { defineCatalog, type EventCatalog } from '../catalog/catalog';
import { CommandFailedException } from './command-failed.exception';
import { describeInFull } from './describe-in-full';
import { catalogFile } from './loading/catalog-file';
import { exportedDefinitions } from './loading/definitions';
import { loadFile } from './loading/load-file';

/**
 * Loads the catalog of an application, including TypeScript, without the rest of the application.
 * The file must not start anything when it is imported. All exported catalogs and definitions are
 * combined.
 * @param folder base folder of a relative `given`
 * @throws CommandFailedException
 */
export async function loadCatalog(folder: string, given: string | undefined): Promise<EventCatalog> {
  const file = catalogFile(folder, given);
  const shown = relative(folder, file) || file;
  const { entries, catalogs } = exportedDefinitions(await loadFile(file, folder, shown));
  if (entries.length === 0)
    throw CommandFailedException.create(
      `${shown} exports neither a catalog nor a definition.`,
      'export const catalog = defineCatalog([...])',
    );
  const [first] = catalogs;
  if (first !== undefined && first.entries.length === entries.length) return first;
  try {
    return defineCatalog(entries);
  } catch (error) {
    throw CommandFailedException.of(`${shown}: ${describeInFull(error)}`, error);
  }
}
