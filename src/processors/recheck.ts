import type { checkSync as CheckSync } from 'recheck';

/**
 * The checker of patterns. Its plain entry starts a worker thread and leaves a native process running; this one works in the
 * thread it is called in. The build puts its code in the place of this file, so that an application installs nothing for it
 * (docs/decisions/0002).
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the entry has no types
export const { checkSync } = require('recheck/lib/browser.js') as { readonly checkSync: typeof CheckSync };
