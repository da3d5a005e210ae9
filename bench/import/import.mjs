// What it costs to read a log for an import: each line becomes an event with its id, and goes
// nowhere.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BARS, judge } from '../bars.mjs';
import { generateLog } from '../catalog/generate-log.mjs';
import { measure, median, report } from '../figures.mjs';

const subject = fileURLToPath(new URL('./import-subject.mjs', import.meta.url));
const parser = fileURLToPath(new URL('../catalog/parse-subject.mjs', import.meta.url));
const MAX_GROWTH_MB = 100;

export function run({ json, smoke, pairs }) {
  const lines = smoke ? 5000 : 500_000;
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const path = join(folder, 'tracking.log');
    const made = generateLog(path, lines);
    const runs = Array.from({ length: Math.min(pairs, 3) }, () => ({
      ours: measure(subject, [path]),
      theirs: measure(parser, [path]),
    }));
    for (const { ours } of runs) checkFound(ours.found, made);
    const of = (key) => median(runs.map(({ ours }) => ours[key]));
    const [cpuUs, rssAtStart, rssMax] = ['cpuUs', 'rssAtStart', 'rssMax'].map(of);
    const { bar, met } = judge(BARS.import.read, { perSecond: 1e6 / cpuUs });
    const figure = {
      ...{ bench: 'import', case: 'read', bytes: Math.round(made.bytes / lines), cpuUs, perSecond: 1e6 / cpuUs },
      subject: `${lines.toLocaleString('en')} lines; RSS ${rssAtStart} MB at 100,000, at most ${rssMax} MB`,
      ...{ versus: 'JSON.parse', ratio: median(runs.map(({ ours, theirs }) => ours.cpuUs / theirs.cpuUs)) },
      ...{ bar: `${bar}, flat memory`, met: met && rssMax <= rssAtStart + MAX_GROWTH_MB },
    };
    return report([figure], { json });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A figure of a run that found something else would be one of something else. */
function checkFound({ lines, events, broken }, made) {
  if (lines !== made.lines || broken !== made.broken || events !== made.lines - made.broken)
    throw new Error(`import: found ${events} events and ${broken} broken lines in ${lines} lines`);
}
