// @ts-check
// `npm run explorer:pictures`: starts the sample application with simulated learners, makes
// violations, dead letters and an outage, and takes pictures of every view of the explorer for the
// documentation. It needs Chromium, at CHROMIUM_PATH or in one of the usual places.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { chromium } from 'playwright-core';
import { toPalette } from './pictures/palette-png.mjs';
import { StartedSample } from './pictures/started-sample.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs/images/explorer');
const MAX_BYTES = 150_000;
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const THEMES = /** @type {const} */ (['light', 'dark']);
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

const executablePath = [process.env.CHROMIUM_PATH, ...PLACES].find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined) {
  console.error(`There is no Chromium. Set CHROMIUM_PATH, or install it to ${PLACES.join(' or ')}.`);
  process.exit(1);
}

/** Names of the pictures, with the part of the address and a selector of the loaded view. */
const viewsOf = (/** @type {string} */ id) =>
  /** @type {const} */ ([
    ['live', '#/live', '.event-row'],
    ['live-event', `#/live?event=${id}`, '.pane .section'],
    ['event', `#/event/${id}`, '.section'],
    ['tree', '#/tree', '.tree-card'],
    ['violations', '#/violations', '.violation'],
    ['dead-letters', '#/dead-letters', '.group'],
    ['catalog', '#/catalog/problem_check', '.catalog-page'],
    ['queues', '#/queues', '.queue'],
  ]);

const sample = await StartedSample.start(root);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  mkdirSync(folder, { recursive: true });
  const id = await sample.prepare();
  for (const theme of THEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const page = await browser.newPage({ viewport, colorScheme: theme, reducedMotion: 'reduce' });
      for (const [name, hash, selector] of viewsOf(id)) {
        await page.goto(`${sample.explorer}/${hash}`);
        await page.locator(selector).first().waitFor();
        await page.locator('.nav .badge').first().waitFor(); // the stream is connected
        const file = join(folder, `${name}-${size}-${theme}.png`);
        writeFileSync(file, toPalette(await page.screenshot()));
        const { size: bytes } = statSync(file);
        console.log(`${relative(root, file)}  ${Math.ceil(bytes / 1000)} kB`);
        if (bytes > MAX_BYTES) process.exitCode = 1;
      }
      await page.context().close();
    }
  }
} finally {
  await browser.close();
  await sample.stop();
}
