import { at } from './setting-path';

/**
 * True if `name` is the last part of `path`: the reference requires a node to repeat its own name.
 */
export function isOwnName(path: string, name: string): boolean {
  return at(path.slice(0, path.length - at('', name).length), name) === path;
}
