/** What a check may take; a pattern that is not judged by then is let through, since most are harmless. */
const CHECK_TIMEOUT_MS = 2000;

/**
 * A text on which the pattern takes time exponential in the text's length, or undefined if there is none. One event with such
 * a name would stop the process, and names may hold what users typed.
 */
export function exponentialAttack(source: string, flags: string): string | undefined {
  // Loaded with the first pattern: that takes a tenth of a second, which an application without one need not spend.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a lazy import that has to be synchronous
  const { checkSync } = require('./recheck') as typeof import('./recheck');
  const result = checkSync(source, flags, { timeout: CHECK_TIMEOUT_MS });
  if (result.status !== 'vulnerable' || result.complexity.type !== 'exponential') return undefined;
  return result.attack.pattern;
}
