import { unknownOption } from '../common/option-place';
import { listed } from '../common/option-rules';
import { showChoice, unknownOptionFix } from '../common/show-value';
import type { Objection } from './wrapped-method';

/**
 * Finds unknown options of a decorator and options with a value that is not allowed. TypeScript
 * does not catch all of them.
 */
export function objectionsTo(
  decorator: string,
  options: object,
  known: readonly string[],
  choices: Readonly<Record<string, readonly string[]>> = {},
): Objection[] {
  return Object.entries(options).flatMap(([option, value]): Objection[] => {
    if (!known.includes(option)) {
      return [{ what: unknownOption(option, known), fix: unknownOptionFix(option, known) }];
    }
    const allowed = choices[option];
    if (allowed === undefined || value === undefined || allowed.includes(value as string)) return [];
    return [
      {
        what: `${option} is ${showChoice(value, allowed)}; expected ${listed(allowed)}.`,
        fix: `${decorator}(..., { ${option}: ${allowed.map((each) => `'${each}'`).join(' or ')} })`,
      },
    ];
  });
}
