import { printable } from '../../common/printable';
import { placeText } from '../log-events';
import { amount, count } from '../progress';
import { tableText } from '../table';
import type { Terminal } from '../terminal';
import type { ImportResult, SkipReason } from './import-totals';

const SKIPPED: Readonly<Record<SkipReason, string>> = {
  name: 'with other names',
  time: 'of another time',
  course: 'of other courses',
  'no-time': 'without a time that can be read',
};
const MAX_NAMES = 50;

export function importAsText(result: ImportResult, isDryRun: boolean, terminal: Terminal): string {
  const { lines, imported, skipped, names, backends, broken, brokenLines } = result;
  const rest = (['events', 'catalogs', 'blank', 'broken', 'others'] as const)
    .filter((kind) => kind !== 'events' && result[kind] > 0)
    .map((kind) => `${count(result[kind])} ${kind === 'others' ? 'other JSON' : kind}`);
  const read = `${amount(lines, 'line')}: ${[amount(result.events, 'event'), ...rest].join(', ')}.`;
  const done = `${amount(imported, 'event')} ${isDryRun ? 'would be imported' : 'imported'}.`;
  const left = Object.entries(skipped).map(
    ([reason, skips]) => `  ${amount(skips, 'event')} ${SKIPPED[reason as SkipReason]} skipped`,
  );
  const rows = Object.entries(names);
  const table = rows.slice(0, MAX_NAMES).map(([name, events]) => [printable(name, 80), count(events)]);
  const more = rows.length > MAX_NAMES ? [`… and ${count(rows.length - MAX_NAMES)} other names`] : [];
  const outcomes = Object.entries(backends).map(
    ([path, counts]) =>
      `  ${path}: ${Object.entries(counts)
        .map(([outcome, events]) => `${count(events)} ${outcome}`)
        .join(', ')}`,
  );
  return [
    ...[read, done, ...left],
    ...(outcomes.length > 0 ? ['', terminal.paint('bold', 'Backends'), ...outcomes] : []),
    ...(table.length > 0 ? ['', tableText(['event', 'count'], table, [1]), ...more] : []),
    ...(broken > 0 ? ['', terminal.paint('bold', 'Broken lines')] : []),
    ...brokenLines.map((each) => `  ${placeText(each)} ${each.why}`),
  ].join('\n');
}
