// What all benches share: figures of one form, as a table or as one line of JSON each.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/**
 * Runs one subject in a process of its own and gives the figures it printed as JSON in its last line.
 * A process each, since a competitor's hidden classes, timers and garbage would be ours to pay.
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

/**
 * One figure of what was measured in turns: ours, theirs, ours, theirs. Each ratio is the median of the pairs.
 * @param bar of the ratio of CPU time  @param barUs of what is added to theirs  @param barRate of the ratio of events a second
 */
export async function inPairs({ case: name, subject, versus, bar, barUs, barRate, pairs, ours, theirs }) {
  const mine = [];
  const other = [];
  for (let pair = 0; pair < pairs; pair++) {
    mine.push(await ours());
    other.push(await theirs());
  }
  const of = (read) => median(mine.map((figure, at) => read(figure, other[at])));
  const cpuUs = of((figure) => figure.cpuUs);
  const ratio = of((figure, against) => figure.cpuUs / against.cpuUs);
  const addedUs = of((figure, against) => figure.cpuUs - against.cpuUs);
  const perSecond = of((figure) => figure.perSecond ?? 1e6 / figure.cpuUs);
  const rate =
    mine[0].perSecond === undefined ? undefined : of((figure, against) => figure.perSecond / against.perSecond);
  const bars = [
    ...(bar === undefined ? [] : [{ text: String(bar), met: ratio <= bar }]),
    ...(barUs === undefined ? [] : [{ text: `+${barUs} µs`, met: addedUs <= barUs }]),
    ...(barRate === undefined ? [] : [{ text: `${barRate} x events/s`, met: rate >= barRate }]),
  ];
  return {
    ...{ case: name, bytes: mine[0].bytes, cpuUs, perSecond, versus, ratio },
    subject: rate === undefined ? subject : `${subject}: ${rate.toFixed(2)} x events/s`,
    ...(rate === undefined ? {} : { rate }),
    ...(barUs === undefined ? {} : { addedUs }),
    ...(bars.length === 0 ? {} : { bar: bars.map(({ text }) => text).join(', '), met: bars.every(({ met }) => met) }),
  };
}

/** Prints figures `{ bench, case, subject, bytes, cpuUs, perSecond, versus, ratio, addedUs, bar, met }`; whether every bar is met. */
export function report(figures, { json }) {
  if (json) for (const figure of figures) console.log(JSON.stringify(figure));
  else printTable(figures);
  return figures.every(({ met }) => met !== false);
}

function printTable(figures) {
  console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model.trim()}`);
  const header = ['case', 'subject', 'bytes', 'CPU µs', 'per second', 'versus', 'ratio', 'added µs', 'bar', ''];
  const rows = figures.map((figure) => [
    figure.case,
    figure.subject,
    figure.bytes,
    figure.cpuUs.toFixed(2),
    Math.round(figure.perSecond).toLocaleString('en'),
    figure.versus ?? '',
    figure.ratio?.toFixed(2) ?? '',
    figure.addedUs?.toFixed(2) ?? '',
    figure.bar ?? '',
    figure.met === undefined ? '' : figure.met ? 'met' : 'MISSED',
  ]);
  const widths = header.map((title, at) => Math.max(title.length, ...rows.map((row) => String(row[at]).length)));
  for (const row of [header, ...rows]) {
    console.log(
      row
        .map((cell, at) => (at > 1 && at < 5 ? String(cell).padStart(widths[at]) : String(cell).padEnd(widths[at])))
        .join('  ')
        .trimEnd(),
    );
  }
}
