// `importEvents` without a destination, in a process of its own: node import-subject.mjs LOG.
// Prints { cpuUs, rssAtStart, rssMax, found }.
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { cpuUsage, memoryUsage } from 'node:process';

const require = createRequire(import.meta.url);
const { importEvents } = require('../../dist/entries/openedx.js');
const MB = 1024 * 1024;
const FROM_LINE = 100_000;

let rssAtStart = 0;
let rssMax = 0;
const onProgress = ({ lines }) => {
  const rss = Math.round(memoryUsage.rss() / MB);
  if (rssAtStart === 0 && lines >= FROM_LINE) rssAtStart = rss;
  if (rss > rssMax) rssMax = rss;
};
const before = cpuUsage();
const { lines, events, broken } = await importEvents(createReadStream(process.argv[2], { highWaterMark: MB }), {
  dryRun: true,
  onProgress,
});
const { user, system } = cpuUsage(before);
console.log(
  JSON.stringify({
    ...{ cpuUs: (user + system) / lines, rssAtStart: rssAtStart || rssMax, rssMax },
    found: { lines, events, broken },
  }),
);
