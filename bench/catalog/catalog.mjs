// What the catalog costs: a log held against it by the command line, and validation at emit.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BARS, judge } from '../bars.mjs';
import { measure, median, report, warmUpOf } from '../figures.mjs';
import { generateLog } from './generate-log.mjs';

const subject = fileURLToPath(new URL('./validate-subject.mjs', import.meta.url));
const emitter = fileURLToPath(new URL('./emit-subject.mjs', import.meta.url));
const parser = fileURLToPath(new URL('./parse-subject.mjs', import.meta.url));

/** Each gives figures for `report`. */
const CASES = { 'validate-log': validateLog, emit };

export async function run({ json, smoke, pairs, only }) {
  const names = Object.keys(CASES).filter((name) => only.case === undefined || only.case === name);
  const figures = [];
  for (const name of names) figures.push(...(await CASES[name]({ smoke, pairs })));
  return report(figures, { json });
}

/** `catalog validate` beside the reading and JSON.parse of the same lines. */
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
    const { bar, met } = judge(BARS.catalog['validate-log'], { perSecond: 1e6 / cpuUs });
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
        ...{ rssAtStart, rssMax, versus: 'JSON.parse', bar: `${bar}, flat memory`, met: met && isFlat },
        ratio: median(ours.map((figure, at) => figure.cpuUs / theirs[at].cpuUs)),
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SCHEMAS = {
  all: 'twenty events, zod',
  ...{ zod: 'problem_check, zod', ajv: 'problem_check, JSON Schema by Ajv' },
  ...{ arktype: 'problem_check, arktype', valibot: 'problem_check, valibot' },
};

/**
 * What validation adds to an emit, beside what the schema's own validate adds to it where the
 * application asks it there.
 */
function emit({ smoke, pairs }) {
  const names = smoke ? ['all', 'ajv'] : Object.keys(SCHEMAS);
  return names.flatMap((name) => {
    const runs = Array.from({ length: Math.min(pairs, 3) }, () => measure(emitter, [name, smoke ? 1 : 100]));
    const of = (key) => median(runs.map((figure) => figure[key]));
    const [validation, own, off] = ['validationAddedUs', 'ownAddedUs', 'offAddedUs'].map(of);
    const [check, schema] = ['checkUs', 'schemaUs'].map(of);
    const shared = { bench: 'catalog', bytes: of('bytes') };
    const figure = (figures) => ({ ...shared, perSecond: 1e6 / figures.cpuUs, ...figures });
    /** With the cost of an event of the first 2,000. */
    const warm = (coldOf) => warmUpOf(runs.map(({ cold, ...run }) => ({ ...run, coldUs: coldOf(cold) })));
    const [title, versus] = [SCHEMAS[name], 'validate'];
    return [
      figure({
        ...{ case: 'emit', subject: `what validation adds: ${title}`, cpuUs: validation, versus },
        ...{ ratio: validation / own, ...judge(BARS.catalog.emit, { ratio: validation / own }) },
      }),
      figure({
        ...{ case: 'emit-check', subject: `the check alone: ${title}`, cpuUs: check, versus },
        ...{ ratio: check / schema, ...warm(({ checkUs }) => checkUs) },
      }),
      figure({
        ...{ case: 'emit-off', subject: `an emit with validation 'off': ${title}`, cpuUs: of('offUs') },
        ...{ versus: 'no catalog', ratio: of('offUs') / of('emitUs'), addedUs: off },
        ...warm(({ offUs }) => offUs),
        ...judge(BARS.catalog['emit-off'], { addedUs: off }),
      }),
    ];
  });
}

/** A figure of a run that found something else would be one of something else. */
function checkFound(found, { lines, broken, spoilt }) {
  const expected = { lines, events: lines - broken, broken, wrongEvents: spoilt };
  for (const [key, count] of Object.entries(expected))
    if (found[key] !== count) throw new Error(`validate-log: ${key} is ${found[key]} in place of ${count}`);
}
