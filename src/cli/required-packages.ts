const PACKAGES = ['commander', 'jiti'];

/**
 * Returns the message for packages that the command needs and the project has not installed, or
 * undefined if all are there. They are optional peers, so that an application that only tracks
 * events does not install them.
 */
export function missingPackages(resolve: (name: string) => unknown = require.resolve): string | undefined {
  const missing = PACKAGES.filter((name) => !isInstalled(name, resolve));
  if (missing.length === 0) return undefined;
  return (
    `error: event-tracking needs the packages ${missing.join(' and ')}, which are not installed.\n` +
    `  Fix: npm install --save-dev ${PACKAGES.join(' ')}`
  );
}

function isInstalled(name: string, resolve: (name: string) => unknown): boolean {
  try {
    resolve(name);
    return true;
  } catch {
    return false;
  }
}
