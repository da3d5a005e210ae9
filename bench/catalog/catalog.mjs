// What the catalog costs: a log held against it by the command line, and (to come) validation at emit.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, median, report } from '../figures.mjs';
import { generateLog } from './generate-log.mjs';

const subject = fileURLToPath(new URL('./validate-subject.mjs', import.meta.url));
const parser = fileURLToPath(new URL('./parse-subject.mjs', import.meta.url));

/** Each gives figures for `report`. `emit`: its validation beside the schema's own validate, of events of catalog.definitions.mjs, goes here. */
const CASES = { 'validate-log': validateLog };

export async function run({ json, smoke, pairs, only }) {
  const names = Object.keys(CASES).filter((name) => only.case === undefined || only.case === name);
  const figures = [];
  for (const name of names) figures.push(...(await CASES[name]({ smoke, pairs })));
  return report(figures, { json });
}

/** `catalog validate` beside the reading and JSON.parse of the same lines. 100,000 lines a second are 10 µs of one core. */
function validateLog({ smoke, pairs }) {
  const lines = smoke ? 5000 : 1_000_000;
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const path = join(folder, 'tracking.log');
    const made = generateLog(path, lines);
    const ours = [];
    const theirs = [];
    for (let pair = 0; pair < Math.min(pairs, 3); pair++) {
      ours.push(measure(subject, [path]));
      theirs.push(measure(parser, [path]));
      checkFound(ours.at(-1).found, made);
    }
    const cpuUs = median(ours.map((figure) => figure.cpuUs));
    const [rssAtStart, rssMax] = ['rssAtStart', 'rssMax'].map((key) => median(ours.map((figure) => figure[key])));
    const isFlat = rssMax <= rssAtStart + 100;
    return [
      {
        ...{
          bench: 'catalog',
          case: 'validate-log',
          bytes: Math.round(made.bytes / lines),
          cpuUs,
          perSecond: 1e6 / cpuUs,
        },
        subject: `${lines.toLocaleString('en')} lines; RSS ${rssAtStart} MB at 100,000, at most ${rssMax} MB`,
        ...{ rssAtStart, rssMax, versus: 'JSON.parse', bar: '10 µs, flat memory', met: cpuUs <= 10 && isFlat },
        ratio: median(ours.map((figure, at) => figure.cpuUs / theirs[at].cpuUs)),
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A figure of a run that found something else would be one of something else. */
function checkFound(found, { lines, broken, spoilt }) {
  const expected = { lines, events: lines - broken, broken, wrongEvents: spoilt };
  for (const [key, count] of Object.entries(expected))
    if (found[key] !== count) throw new Error(`validate-log: ${key} is ${found[key]} in place of ${count}`);
}
