import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * False, with a line that says so, for a package that a benchmark compares with and that is not
 * installed.
 */
export function isInstalled(name) {
  if (name === undefined) return true;
  try {
    require.resolve(name);
    return true;
  } catch {
    console.error(`bench: ${name} is not installed, so its row is left out. Fix: npm ci`);
    return false;
  }
}
