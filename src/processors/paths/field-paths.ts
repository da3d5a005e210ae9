import type { OptionPlace } from '../../common/option-place';
import { showName, showValue } from '../../common/show-value';
import { isIterable } from '../../common/value-kinds';
import { PathError, readFieldPath, type FieldPath } from './event-path';
import { FieldRewriter, type RewriteRule } from './field-rewriter';

export const PATH_LIST = 'a list of paths';

/** Reads the paths in an option. @param paths undefined counts as an empty list */
export function readFieldPaths(paths: unknown, place: OptionPlace): FieldPath[] {
  if (paths === undefined) return [];
  if (!isIterable(paths)) {
    place.reject(showValue(paths), PATH_LIST);
    return [];
  }
  return [...paths].flatMap((path) => {
    const read = readFieldPath(path);
    if (!(read instanceof PathError)) return read;
    place.add(`contains ${showName(path)}: ${read.what}`, read.fix);
    return [];
  });
}

/**
 * Creates the rewriter for paths.
 * @param whole place of the error about paths that together have too many stars
 */
export function createRewriter(paths: readonly FieldPath[], rule: RewriteRule, whole: OptionPlace): FieldRewriter {
  try {
    return new FieldRewriter(paths, rule);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    whole.add(`${error.message}.`, 'write fewer stars, or keys instead of some');
    return new FieldRewriter([], rule);
  }
}
