import 'reflect-metadata'; // a file of DTOs may be imported before any Nest module
import { relative } from 'node:path';
import { defineCatalog, type Catalog } from '../catalog/catalog';
import { CommandFailedException } from './command-failed.exception';
import { describeInFull } from './describe-in-full';
import { catalogFile } from './loading/catalog-file';
import { exportedDefinitions } from './loading/definitions';
import { loadFailure } from './loading/load-failure';
import { ModuleLoader } from './loading/module-loader';

/**
 * Loads the catalog of an application, including TypeScript, without the rest of the application.
 * The file must not start anything when it is imported. All exported catalogs and definitions are
 * combined.
 * @param folder base folder of a relative `given`
 * @throws CommandFailedException
 */
export async function loadCatalog(folder: string, given: string | undefined): Promise<Catalog> {
  const file = catalogFile(folder, given);
  const shown = relative(folder, file) || file;
  const { entries, catalogs } = exportedDefinitions(await load(file, folder, shown));
  if (entries.length === 0)
    throw CommandFailedException.create(
      `${shown} exports no catalog and no definition.`,
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

async function load(file: string, folder: string, shown: string): Promise<unknown> {
  const loader = new ModuleLoader(file);
  try {
    return await loader.load();
  } catch (error) {
    throw loadFailure(error, { folder, shown, loader });
  }
}
