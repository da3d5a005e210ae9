import { existsSync, readFileSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];
const executablePath = [process.env['CHROMIUM_PATH'], ...PLACES].find((path) => path !== undefined && existsSync(path));
const ARGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** Source of axe-core, which finds what people with a screen reader cannot use. */
export const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** A browser on a busy machine may need seconds for what takes it milliseconds elsewhere. */
const TEST_TIMEOUT_MS = 90_000;

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ ...(executablePath !== undefined && { executablePath }), args: ARGS });
}

/** Like `describe`, but skipped and named where there is no browser; CI requires one. */
export function describeInBrowser(name: string, tests: () => void): void {
  const isMissing = executablePath === undefined && process.env['CI'] === undefined;
  if (isMissing) process.stderr.write(`${name}: skipped, no Chromium at CHROMIUM_PATH or ${PLACES.join(', ')}\n`);
  (isMissing ? describe.skip : describe)(name, () => {
    jest.setTimeout(TEST_TIMEOUT_MS);
    tests();
  });
}

/** The same for several cases. */
describeInBrowser.each =
  <Case extends string>(cases: readonly Case[]) =>
  (name: string, tests: (each: Case) => void): void => {
    for (const each of cases) {
      describeInBrowser(name.replace('%s', each), () => {
        tests(each);
      });
    }
  };
