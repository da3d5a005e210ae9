/**
 * `npm run conformance -- [DIR...]`: every case of every file in the folders (default: the
 * project's own), a line per file and per difference.
 */
import 'reflect-metadata';
import { join, resolve } from 'node:path';
import { runCase, type Outcome, type Status } from './runner';
import { readVectors, short, type VectorFile } from './vectors';

const SHOWN_PER_CASE = 3;

async function main(folders: readonly string[]): Promise<void> {
  const totals = new Map<Status, number>();
  for (const folder of folders) for (const file of readVectors(folder)) await runFile(file, totals);
  const of = (...statuses: Status[]): number => statuses.reduce((sum, status) => sum + (totals.get(status) ?? 0), 0);
  console.log(`${of('passed', 'decided', 'differs')} passed, ${of('failed')} failed, ${of('skipped')} skipped`);
  process.exitCode = of('failed') > 0 ? 1 : 0;
}

async function runFile({ name, cases, fault }: VectorFile, totals: Map<Status, number>): Promise<void> {
  const counts = new Map<Status, number>();
  const add = (status: Status): void => {
    for (const each of [counts, totals]) each.set(status, (each.get(status) ?? 0) + 1);
  };
  const report: string[] = [];
  if (fault !== undefined) {
    add('failed');
    report.push(`  failed   the file: ${fault}`);
  }
  for (const vector of cases) {
    const outcome = await runCase(vector);
    add(outcome.status);
    report.push(...reportOf(idOf(vector), outcome));
  }
  console.log(
    [`${name}: ${[...counts].map(([status, count]) => `${count} ${status}`).join(', ') || 'no cases'}`, ...report].join(
      '\n',
    ),
  );
}

function reportOf(id: string, { status, reason, differences }: Outcome): readonly string[] {
  if (status === 'passed') return [];
  const more = differences.length - SHOWN_PER_CASE;
  return [
    `  ${status.padEnd(8)} ${id}${reason === '' ? '' : ` (${reason})`}`,
    ...differences
      .slice(0, SHOWN_PER_CASE)
      .map(({ place, expected, got }) => `             ${place}: expected ${short(expected)}, got ${short(got)}`),
    ...(more > 0 ? [`             and ${more} more`] : []),
  ];
}

function idOf(vector: unknown): string {
  const id: unknown = typeof vector === 'object' && vector !== null ? (vector as { id?: unknown }).id : undefined;
  return typeof id === 'string' ? id : short(vector);
}

// npm runs scripts at the package's root; a folder is meant from where the command was typed.
const from = process.env.INIT_CWD ?? process.cwd();
const asked = process.argv.slice(2).map((folder) => resolve(from, folder));
void main(asked.length > 0 ? asked : [join(__dirname, 'vectors')]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
