import { loadFailure } from './load-failure';
import { ModuleLoader } from './module-loader';

/**
 * Loads a file of an application, including TypeScript.
 * @param folder folder in which the command runs
 * @param shown path of the file for messages
 * @returns what the file exports
 * @throws CommandFailedException that says why it cannot be loaded, and how to fix it
 */
export async function loadFile(file: string, folder: string, shown: string): Promise<unknown> {
  const loader = new ModuleLoader(file);
  try {
    return await loader.load();
  } catch (error) {
    throw loadFailure(error, { folder, shown, loader });
  }
}
