import { isAbsolute, relative, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import type { Type } from '@nestjs/common';
import { CommandFailedException } from '../command-failed.exception';
import { loadFile } from '../loading/load-file';

/**
 * Loads a module of an application, including TypeScript.
 * @param given path of its file, and behind a `#` the name of the class if the file exports several
 *   modules
 * @throws CommandFailedException
 */
export async function applicationModule(folder: string, given: string): Promise<Type> {
  const at = given.lastIndexOf('#');
  const [path, name] = at < 0 ? [given, undefined] : [given.slice(0, at), given.slice(at + 1)];
  const file = isAbsolute(path) ? path : resolve(folder, path);
  const shown = relative(folder, file) || file;
  if (!existsSync(file))
    throw CommandFailedException.create(`${shown} does not exist.`, '--module src/import.module.ts');
  const exported = await loadFile(file, folder, shown);
  const modules = Object.entries(exported ?? {}).filter((entry): entry is [string, Type] => isModule(entry[1]));
  const found = name === undefined ? modules : modules.filter(([key]) => key === name);
  const [first, ...others] = new Map(found.map(([key, type]) => [type, key]));
  if (first === undefined)
    throw CommandFailedException.create(
      `${shown} exports no ${name === undefined ? 'module of Nest' : `module "${name}"`}.`,
      '@Module({ imports: [TrackingModule.forRoot({ ... })] }) export class ImportModule {}',
    );
  if (others.length > 0)
    throw CommandFailedException.create(
      `${shown} exports ${String(others.length + 1)} modules.`,
      `name one: --module ${shown}#${first[1]}`,
    );
  return first[0];
}

/** True for a class with `@Module`. */
function isModule(value: unknown): value is Type {
  if (typeof value !== 'function') return false;
  const keys = (Reflect as { getMetadataKeys?: (target: object) => unknown[] }).getMetadataKeys?.(value) ?? [];
  return ['imports', 'providers', 'controllers', 'exports'].some((key) => keys.includes(key));
}
