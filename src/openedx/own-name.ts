import { at } from './setting-path';

/** Whether a node is told its own name, as the reference wants it. */
export function isOwnName(path: string, name: string): boolean {
  return at(path.slice(0, path.length - at('', name).length), name) === path;
}
