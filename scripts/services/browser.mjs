// @ts-check
// The browser that the tests of pages drive.
import { existsSync } from 'node:fs';
import { aptInstall } from './apt.mjs';

const DEBIAN_PATH = '/usr/bin/chromium';
/** test/support/chromium.ts looks at the same places. */
const PLACES = [DEBIAN_PATH, '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/**
 * Finds a Chromium, or installs that of Debian. It stays installed: it is not a server, and has no
 * entry in services.json.
 * @returns where it is, and where it is from
 */
export async function bringBrowser() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!existsSync(given)) throw new Error(`there is no ${given}, which CHROMIUM_PATH names`);
    return { url: given, how: 'CHROMIUM_PATH' };
  }
  const found = PLACES.find((path) => existsSync(path));
  if (found !== undefined) return { url: found, how: 'PATH' };
  await aptInstall('chromium', (text) => console.log(`chromium: ${text}`), 'fonts-liberation');
  if (!existsSync(DEBIAN_PATH)) throw new Error(`apt-get installed chromium, and there is no ${DEBIAN_PATH}`);
  return { url: DEBIAN_PATH, how: 'apt' };
}
