/**
 * What a check may take; a pattern that is not judged by then is let through, since most are harmless. Far above what a check
 * takes on an idle machine (docs/decisions/0002): on a busy one the verdict must not be another.
 */
const CHECK_TIMEOUT_MS = 10_000;

/** A check can take a second, and an application may have the same pattern in several filters, a test suite in each test. */
const verdicts = new Map<string, string | undefined>();

/**
 * A text on which the pattern takes time exponential in the text's length, or undefined if there is none. One event with such
 * a name would stop the process, and names may hold what users typed.
 */
export function exponentialAttack(source: string, flags: string): string | undefined {
  const key = `${flags}/${source}`;
  if (verdicts.has(key)) return verdicts.get(key);
  // Loaded with the first pattern: that takes a tenth of a second, which an application without one need not spend.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a lazy import that has to be synchronous
  const { checkSync } = require('./recheck') as typeof import('./recheck');
  const result = checkSync(source, flags, { timeout: CHECK_TIMEOUT_MS });
  const isExponential = result.status === 'vulnerable' && result.complexity.type === 'exponential';
  const attack = isExponential ? result.attack.pattern : undefined;
  if (result.status !== 'unknown') verdicts.set(key, attack);
  return attack;
}
