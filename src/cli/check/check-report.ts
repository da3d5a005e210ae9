import type { Change } from './change';
import { isNotFollowed, type EntryChanges, type Verdict } from './compare-catalogs';
import { amount } from '../progress';
import type { Terminal } from '../terminal';

export interface Counts {
  readonly changes: number;
  /** Breaking changes that were not announced to readers. */
  readonly breaking: number;
  /** Breaking changes that were announced. */
  readonly told: number;
  readonly entries: number;
}

export function countsOf(entries: readonly EntryChanges[]): Counts {
  const count = (isCounted: (change: Change, verdict: Verdict) => boolean): number =>
    entries.reduce((sum, { changes, verdict }) => sum + changes.filter((each) => isCounted(each, verdict)).length, 0);
  return {
    changes: count(() => true),
    breaking: count(({ isBreaking }, verdict) => isBreaking && verdict === 'breaking'),
    told: count(({ isBreaking }, verdict) => isBreaking && verdict !== 'breaking'),
    entries: entries.length,
  };
}

/** @param today date of the proposed history entry: `2026-11-01` */
export function describeEntry(entry: EntryChanges, today: string, terminal: Terminal): string {
  const name = entry.of === 'context' ? `context ${entry.name}` : entry.name;
  const sorted = [...entry.changes].sort((a, b) => Number(b.isBreaking) - Number(a.isBreaking));
  return [
    `${terminal.paint('bold', name)}${announcement(entry)}`,
    ...sorted.flatMap((change) => describeChange(change, entry.verdict, terminal)),
    ...(entry.verdict === 'breaking' ? [`  ${terminal.paint('yellow', 'Fix:')} ${fixOf(entry, today)}`] : []),
  ].join('\n');
}

export function describeCounts({ changes, breaking, told, entries }: Counts): string {
  const where = `${amount(changes, 'change')} in ${entries === 1 ? '1 event or context' : `${String(entries)} events and contexts`}`;
  return `${where}: ${String(breaking)} breaking, ${String(told)} breaking but announced, ${String(changes - breaking - told)} harmless.`;
}

function announcement({ verdict, version: { was, is } }: EntryChanges): string {
  switch (verdict) {
    case 'version-raised':
      return `: version raised ${String(was)} -> ${String(is)}`;
    case 'was-deprecated':
      return ': it was deprecated';
    case 'accepted':
      return ': accepted by --accept';
    case 'harmless':
    case 'breaking':
      return '';
  }
}

function describeChange(change: Change, verdict: Verdict, terminal: Terminal): string[] {
  const { path, what, was, is, why, isBreaking } = change;
  const line = `${path === '' ? '' : `${path}: `}${what}`;
  if (!isBreaking) return [`  ${terminal.paint('green', 'harmless')}  ${line}${facing(was, is)}`];
  const label = verdict === 'breaking' ? terminal.paint('red', 'breaking ') : terminal.paint('yellow', 'announced');
  const both = was === null && is === null ? [] : [`            was ${was ?? 'none'}; is ${is ?? 'none'}`];
  return [`  ${label} ${line}`, ...both, `            ${terminal.paint('dim', `why: ${why ?? ''}`)}`];
}

function facing(was: string | null, is: string | null): string {
  if (was === null && is === null) return '';
  if (was === null) return ` (${is ?? ''})`;
  return is === null ? ` (was ${was})` : ` (${was} -> ${is})`;
}

function fixOf({ of, name, changes, version }: EntryChanges, today: string): string {
  const has = (kind: Change['kind']): boolean => changes.some((change) => change.kind === kind);
  const place = `${of === 'event' ? 'defineEvent' : 'defineContext'}(${JSON.stringify(name)})`;
  const broken = changes.filter(({ isBreaking }) => isBreaking);
  const isRaised = version.was !== null && version.is !== null && version.is > version.was;
  const unseen = broken.filter(isNotFollowed);
  if (unseen.length === broken.length || (isRaised && unseen.length > 0)) return fixOfReference(unseen);
  if (has('event-removed'))
    return `keep ${place} with deprecated: { since: '${today}' }, run --update, and remove it after a release; or remove it now with --update --accept ${quoted(name)}`;
  if (of === 'context')
    return `restore ${place}; or, once its consumers are ready, run --update --accept ${quoted(name)}`;
  if (has('version-lowered')) return `set version: ${String(version.was)} or higher in ${place}`;
  const next = String((version.was ?? 0) + 1);
  const change = broken
    .filter((each) => !isNotFollowed(each))
    .map(({ path, what }) => `${path} ${what}`.trim().replace(/[\\']/g, '\\$&'))
    .join('; ');
  return `set version: ${next}, history: [{ version: ${next}, date: '${today}', change: '${change}' }] in ${place}; or undo the change`;
}

function fixOfReference([change]: readonly Change[]): string {
  return `add $defs: { ...: { $id: ${JSON.stringify(change?.is ?? '')}, ... } } to the schema`;
}

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
