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

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
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
