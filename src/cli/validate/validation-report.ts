import { placeText, type LinePlace, type LogCounts } from '../log-events';
import { printable } from '../../common/printable';
import { amount, count } from '../progress';
import { tableText } from '../table';
import type { Terminal } from '../terminal';
import type { ValidationResult } from './log-validation';

export function validationAsJson(counts: LogCounts, result: ValidationResult): string {
  return JSON.stringify({ ...counts, ...result }, undefined, 2);
}

export function validationAsText(counts: LogCounts, result: ValidationResult, terminal: Terminal): string {
  return [summary(counts, result, terminal), ...violations(result, terminal), ...unplanned(result, terminal)]
    .concat(otherVersions(result, terminal), neverSeen(result, terminal), brokenLines(counts, terminal))
    .join('\n');
}

function summary(
  { lines, events, catalogs, broken, others, blank }: LogCounts,
  result: ValidationResult,
  terminal: Terminal,
): string {
  const rest = [
    ...(broken > 0 ? [`${count(broken)} broken`] : []),
    ...(catalogs > 0 ? [`${count(catalogs)} of the catalog itself`] : []),
    ...(others > 0 ? [`${count(others)} other JSON`] : []),
    ...(blank > 0 ? [`${count(blank)} blank`] : []),
  ];
  const read = `${amount(lines, 'line')}: ${[amount(events, 'event'), ...rest].join(', ')}.`;
  const { wrongEvents } = result;
  if (wrongEvents === 0) return `${read}\n${terminal.paint('green', 'No violations.')}`;
  return `${read}\n${terminal.paint('red', `${amount(wrongEvents, 'event')} ${wrongEvents === 1 ? 'does' : 'do'} not match the catalog.`)}`;
}

function violations({ violations: rows, otherViolations }: ValidationResult, terminal: Terminal): string[] {
  if (rows.length === 0) return [];
  const header = ['event', 'kind', 'path', 'count', 'first line', 'message'];
  const cells = rows.map(({ event, kind, path, count: times, message, ...place }) => [
    ...[printable(event, 60), kind, printable(path, 80), count(times), firstLine(place), printable(message, 300)],
  ]);
  const more = otherViolations === 0 ? [] : [`… and ${count(otherViolations)} more, of other kinds and places.`];
  return ['', title('Violations', terminal), tableText(header, cells, [3, 4]), ...more];
}

function unplanned({ unplanned: names, otherUnplanned }: ValidationResult, terminal: Terminal): string[] {
  if (names.length === 0) return [];
  const cells = names.map(({ name, count: times, ...place }) => [printable(name), count(times), firstLine(place)]);
  const more = otherUnplanned === 0 ? [] : [`… and ${count(otherUnplanned)} events of other names.`];
  const table = tableText(['event', 'count', 'first line'], cells, [1, 2]);
  return ['', title('Not in the catalog', terminal), table, ...more];
}

function otherVersions({ otherVersions: rows }: ValidationResult, terminal: Terminal): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ name, version, current, count: times, ...place }) => [
    ...[printable(name), String(version), String(current), count(times), firstLine(place)],
  ]);
  const header = ['event', 'version in the log', 'in the catalog', 'count', 'first line'];
  return ['', title('Other versions, not checked', terminal), tableText(header, cells, [1, 2, 3, 4])];
}

function firstLine({ file, line }: LinePlace): string {
  return file === undefined ? count(line) : `${printable(file)}:${String(line)}`;
}

function neverSeen({ neverSeen: names }: ValidationResult, terminal: Terminal): string[] {
  if (names.length === 0) return [];
  return ['', title('In the catalog, but not in this log', terminal), ...names.map((name) => `  ${printable(name)}`)];
}

function brokenLines({ broken, brokenLines: first }: LogCounts, terminal: Terminal): string[] {
  if (broken === 0) return [];
  const more = broken > first.length ? [`  … and ${count(broken - first.length)} more`] : [];
  const lines = first.map((each) => `  ${placeText(each)} ${each.why}`);
  return ['', title('Broken lines', terminal), ...lines, ...more];
}

function title(text: string, terminal: Terminal): string {
  return terminal.paint('bold', text);
}
