import { OptionChecker } from '../common/option-checker';
import type { MisplacedOptions } from '../common/option-place';

/**
 * Returns a checker for the options of a backend. Settings of the node among them get a fix that
 * says where they belong.
 * @param example valid description of the backend
 * @param misplaced fixes for further unknown options that belong somewhere else
 */
export function backendOptionChecker(name: string, example: string, misplaced: MisplacedOptions = {}): OptionChecker {
  const nodeSettings = ['delivery', 'processors', 'backends', 'imports'].map((setting) => [
    setting,
    `move it to the third argument: backend(${name}, { ... }, { ${setting}: ... })`,
  ]);
  return new OptionChecker(name, {
    example,
    misplaced: { ...(Object.fromEntries(nodeSettings) as MisplacedOptions), ...misplaced },
  });
}
