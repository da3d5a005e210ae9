// What all benches share: figures of one form, as a table or as one line of JSON each.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { judge } from './bars.mjs';

/**
 * Runs one subject in a process of its own and gives the figures it printed as JSON in its last
 * line. A process each, since a competitor's hidden classes, timers and garbage would be ours to
 * pay.
 */
export function measure(script, args) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', script, ...args.filter((arg) => arg !== undefined).map(String)],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`${script} ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** One after the other: two that are measured at once measure each other. */
export async function each(items, measureOne) {
  const results = [];
  for (const item of items) results.push(await measureOne(item));
  return results;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Measures in turns, ours, theirs, ours, theirs, and gives the figure of that. */
export async function inPairs({ pairs, ours, theirs, ...comparison }) {
  const mine = [];
  const other = [];
  for (let pair = 0; pair < pairs; pair++) {
    mine.push(await ours());
    other.push(await theirs());
  }
  return compare({ ...comparison, mine, other });
}

/**
 * One figure of two subjects that were measured in turns. Each ratio is the median of the pairs.
 * @param bars those of BARS for it
 */
export function compare({ case: name, subject, versus, bars, mine, other, version }) {
  const of = (read) => median(mine.map((figure, at) => read(figure, other[at])));
  const cpuUs = of((figure) => figure.cpuUs);
  const ratio = of((figure, against) => figure.cpuUs / against.cpuUs);
  const addedUs = of((figure, against) => figure.cpuUs - against.cpuUs);
  const perSecond = of((figure) => figure.perSecond ?? 1e6 / figure.cpuUs);
  const rate =
    mine[0].perSecond === undefined ? undefined : of((figure, against) => figure.perSecond / against.perSecond);
  return {
    ...{ case: name, bytes: mine[0].bytes, cpuUs, perSecond, versus, ratio },
    subject: rate === undefined ? subject : `${subject}: ${rate.toFixed(2)} x events/s`,
    ...(rate === undefined ? {} : { rate }),
    addedUs,
    versusUs: of((_, against) => against.cpuUs),
    ...warmUpOf(mine),
    ...judge(bars, { ratio, addedUs, rate }, version),
  };
}

/**
 * What the processes of one subject took before they were measured; nothing if they did not say.
 */
export function warmUpOf(measured) {
  if (measured[0].coldUs === undefined) return {};
  const of = (key) => median(measured.map((figure) => figure[key]));
  const said = measured.filter(({ isSteady }) => isSteady !== undefined);
  return {
    coldUs: of('coldUs'),
    warmUpMs: of('warmUpMs'),
    ...(said.length === 0 ? {} : { isSteady: said.every(({ isSteady }) => isSteady) }),
  };
}

/**
 * Prints figures, as a table or as a line of JSON each; true if every bar is met.
 * A figure has `bench`, `case`, `subject` and what else COLUMNS shows.
 */
export function report(figures, { json }) {
  if (json) for (const figure of figures) console.log(JSON.stringify({ node: process.versions.node, ...figure }));
  else printTable(figures);
  return figures.every(({ met }) => met !== false);
}

const fixed = (key) => (figure) => figure[key]?.toFixed(2);
const COLUMNS = [
  { title: 'case', of: (figure) => figure.case },
  { title: 'subject', of: (figure) => figure.subject },
  { title: 'shape', of: (figure) => figure.shape },
  { title: 'bytes', of: (figure) => figure.bytes, isNumber: true },
  { title: 'CPU µs', of: fixed('cpuUs'), isNumber: true },
  {
    title: 'per second',
    of: ({ perSecond }) => (perSecond === undefined ? undefined : Math.round(perSecond).toLocaleString('en')),
    isNumber: true,
  },
  { title: 'elapsed ms', of: fixed('wallMs'), isNumber: true },
  { title: 'CPU ms', of: fixed('cpuMs'), isNumber: true },
  { title: 'cold µs', of: fixed('coldUs'), isNumber: true },
  { title: 'warm-up', of: warmUpText },
  { title: 'allocated B', of: ({ allocatedBytes }) => allocatedBytes?.toFixed(0), isNumber: true },
  {
    title: 'versus',
    of: ({ versus, versusSubject }) => (versusSubject === undefined ? versus : `${versus}: ${versusSubject}`),
  },
  { title: 'its CPU µs', of: fixed('versusUs'), isNumber: true },
  { title: 'ratio', of: fixed('ratio') },
  { title: 'added µs', of: fixed('addedUs') },
  { title: 'bar', of: (figure) => figure.bar },
  { title: '', of: ({ met }) => (met === undefined ? undefined : met ? 'met' : 'MISSED') },
];

function warmUpText({ warmUpMs, isSteady }) {
  if (warmUpMs === undefined) return undefined;
  const text = `${Math.round(warmUpMs).toLocaleString('en')} ms`;
  return isSteady === false ? `${text}, not steady` : text;
}

function printTable(figures) {
  console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model.trim()}`);
  for (const line of tableOf(figures)) console.log(line);
}

/** The lines of a table without the columns of which no figure has anything. */
export function tableOf(figures) {
  const columns = COLUMNS.map(({ title, of, isNumber }) => {
    const cells = figures.map((figure) => String(of(figure) ?? ''));
    const width = Math.max(title.length, ...cells.map((cell) => cell.length));
    const pad = (cell) => (isNumber ? cell.padStart(width) : cell.padEnd(width));
    return { isEmpty: cells.every((cell) => cell === ''), lines: [title, ...cells].map(pad) };
  }).filter(({ isEmpty }) => !isEmpty);
  return [undefined, ...figures].map((_, at) =>
    columns
      .map(({ lines }) => lines[at])
      .join('  ')
      .trimEnd(),
  );
}
