import type { BrokenLine } from '../log-events';
import type { OutcomeCounts } from './event-group';
import type { ImportResult } from './import-events';

export type { ImportResult } from './import-events';
export type { SkipReason } from './import-filter';

const MAX_BROKEN_LINES = 10;

/** Adds up the results of several logs. */
export function totalOf(results: readonly ImportResult[]): ImportResult {
  const sum = (read: (result: ImportResult) => number): number =>
    results.reduce((total, result) => total + read(result), 0);
  const names = summed(results.map((result) => result.names));
  return {
    ...{ lines: sum(({ lines }) => lines), events: sum(({ events }) => events) },
    ...{ catalogs: sum(({ catalogs }) => catalogs), blank: sum(({ blank }) => blank) },
    ...{ broken: sum(({ broken }) => broken), others: sum(({ others }) => others) },
    brokenLines: results.flatMap((result): readonly BrokenLine[] => result.brokenLines).slice(0, MAX_BROKEN_LINES),
    imported: sum(({ imported }) => imported),
    skipped: summed(results.map(({ skipped }) => skipped)),
    names: Object.fromEntries(Object.entries(names).sort(([, one], [, other]) => other - one)),
    backends: backendsOf(results),
    settledLines: sum(({ settledLines }) => settledLines),
  };
}

function backendsOf(results: readonly ImportResult[]): OutcomeCounts {
  const paths = new Set(results.flatMap(({ backends }) => Object.keys(backends)));
  return Object.fromEntries(
    [...paths].map((path) => [path, summed(results.map(({ backends }) => backends[path] ?? {}))]),
  );
}

function summed(counts: readonly Readonly<Partial<Record<string, number>>>[]): Record<string, number> {
  const total = new Map<string, number>();
  for (const each of counts)
    for (const [key, number = 0] of Object.entries(each)) total.set(key, (total.get(key) ?? 0) + number);
  return Object.fromEntries(total);
}
