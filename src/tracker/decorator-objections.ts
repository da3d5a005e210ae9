import { showOption, unknownOptionFix } from '../common/show-value';
import { showIdentifier } from '../common/tracking-config.exception';
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
      const what = `the option ${showOption(option, known)} is unknown; known are ${known.join(', ')}.`;
      return [{ what, fix: unknownOptionFix(option, known) }];
    }
    const allowed = choices[option];
    if (allowed === undefined || value === undefined || allowed.includes(value as string)) return [];
    return [
      {
        what: `the option ${option} is ${typeof value === 'string' ? showIdentifier(value) : `a ${typeof value}`}.`,
        fix: `${decorator}(..., { ${option}: ${allowed.map((each) => `'${each}'`).join(' or ')} })`,
      },
    ];
  });
}
