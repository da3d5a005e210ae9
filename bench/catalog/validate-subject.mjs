// `event-tracking catalog validate` in a process of its own: node validate-subject.mjs LOG. Prints
// { cpuUs, perSecond, rss..., found }.
import { createRequire } from 'node:module';
import { cpuUsage, memoryUsage } from 'node:process';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { runCommand } = require('../../dist/cli/program.js');
const { Terminal } = require('../../dist/cli/terminal.js');
const definitions = fileURLToPath(new URL('./catalog.definitions.mjs', import.meta.url));

let printed = '';
const out = new Writable({
  write(text, _encoding, done) {
    printed += text;
    done();
  },
});
/** Looked at like a terminal: what it is shown tells how many lines have been read. */
const samples = [];
const err = new Writable({
  write(text, _encoding, done) {
    const [, lines] = /([\d,]+) lines/.exec(String(text)) ?? [];
    if (lines !== undefined) samples.push({ lines: Number(lines.replaceAll(',', '')), rss: memoryUsage.rss() });
    done();
  },
});
err.isTTY = true;

const words = ['catalog', 'validate', process.argv[2], '--catalog', definitions, '--json'];
const terminal = () => new Terminal(out, err, process.cwd());
if (process.argv[3] !== undefined) await runCommand(words.with(2, process.argv[3]), terminal()); // the catalog is loaded, and known, then
printed = '';
samples.length = 0;
const startedAt = performance.now();
const started = cpuUsage();
await runCommand(words, terminal());
const { user, system } = cpuUsage(started);
const seconds = (performance.now() - startedAt) / 1000;
const found = JSON.parse(printed);
const mb = (bytes) => Math.round(bytes / 1e6);
console.log(
  JSON.stringify({
    cpuUs: (user + system) / found.lines,
    perSecond: (found.lines * 1e6) / (user + system), // of one core
    wallPerSecond: found.lines / seconds,
    rssAtStart: mb((samples.find(({ lines }) => lines >= 100_000) ?? samples.at(-1)).rss),
    rssMax: mb(Math.max(...samples.map(({ rss }) => rss))),
    found: {
      ...{ lines: found.lines, events: found.events, broken: found.broken, wrongEvents: found.wrongEvents },
      violations: found.violations.reduce((sum, { count }) => sum + count, 0),
    },
  }),
);
