import { showName } from '../common/tracking-config.exception';
import { PathFault, readFieldPath, type FieldPath } from './event-path';
import { FieldRewriter, type RewriteRule } from './field-rewriter';
import type { OptionFaults } from './option-faults';

/**
 * Reads the paths in an option.
 * @param name name of the option
 */
export function readFieldPaths(name: string, paths: unknown, faults: OptionFaults): FieldPath[] {
  return faults.list(name, paths).flatMap((path) => {
    const read = readFieldPath(path);
    if (!(read instanceof PathFault)) return read;
    faults.add(`${name} holds ${showName(path)}: ${read.what}`, read.fix);
    return [];
  });
}

export function makeRewriter(paths: readonly FieldPath[], rule: RewriteRule, faults: OptionFaults): FieldRewriter {
  try {
    return new FieldRewriter(paths, rule);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    faults.add(`${error.message}.`, 'write fewer stars, or a key in the place of some');
    return new FieldRewriter([], rule);
  }
}
