import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSameLock, lockOf, readLock, writeLock, type CatalogLock } from './catalog-lock';
import { compareCatalogs, type EntryChanges } from './compare-catalogs';
import type { CatalogDocument } from '../../catalog/event-document';
import { describeError } from '../../event/normal-form';
import { CommandFailedException } from '../command-failed.exception';
import { loadCatalog } from '../load-catalog';
import { EXIT, type AddCommand, type ExitCode } from '../command';
import type { Terminal } from '../terminal';
import { amount } from '../progress';
import { countsOf, describeCounts, describeEntry, type Counts } from './check-report';

interface CheckOptions {
  readonly catalog?: string;
  readonly lock: string;
  readonly update?: true;
  readonly accept: readonly string[];
  readonly json?: true;
}

const HELP = `
The lock holds the catalog as agreed with the consumers of its events. Commit it and review it like code.
A breaking change is allowed if the version of its event is raised, or if a removed event was deprecated in the lock.

Examples:
  event-tracking catalog check                                      in CI
  event-tracking catalog check --update                             after a change, and to create the lock
  event-tracking catalog check --update --accept video.played       after removing an event without consumers
  event-tracking catalog check --json | jq '.entries[].changes[]'

Exit codes: 0 the lock is up to date, or was updated; 1 a change breaks consumers, or the lock is out of date or missing;
2 the command failed.`;

/** Compares the catalog to the agreed lock. */
export const addCheck: AddCommand = (catalog, terminal, end) => {
  catalog
    .command('check')
    .description('Compares the catalog with events.lock.json and reports changes that break consumers.')
    .option('--catalog <file>', 'the file that exports the catalog')
    .option('--lock <file>', 'the lock file to compare with', 'events.lock.json')
    .option('--update', 'update the lock, unless a change is breaking')
    .option(
      '--accept <name>',
      'allow the removal of this event, or breaking changes of this context; can be repeated',
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .option('--json', 'print the changes as JSON')
    .addHelpText('after', HELP)
    .action(async (options: CheckOptions) => {
      end(await check(options, terminal));
    });
};

async function check(options: CheckOptions, terminal: Terminal): Promise<ExitCode> {
  const file = resolve(terminal.folder, options.lock);
  const agreed = existsSync(file) ? lockIn(file, options.lock) : undefined;
  const catalog = await loadCatalog(terminal.folder, options.catalog);
  const current = lockOf(catalog);
  const entries = agreed === undefined ? [] : compareCatalogs(agreed, current, options.accept);
  refuseUnusedNames(options.accept, entries);

  const counts = countsOf(entries);
  const state = stateOf(agreed, current, entries);
  const isUpdated = options.update === true && counts.breaking === 0;
  if (isUpdated && state !== 'current') write(file, options.lock, current);
  const isFine = isUpdated || state === 'current' || state === 'written-otherwise';
  if (options.json === true) {
    const result = { lock: options.lock, hasLock: agreed !== undefined, state, isUpdated, counts, entries };
    terminal.out(JSON.stringify(result, null, 2));
  } else {
    report(entries, terminal);
    terminal.out(conclusion(state, isUpdated, counts, catalog.document, options));
  }
  return isFine ? EXIT.fine : EXIT.found;
}

/** State of the lock compared to the catalog, before it is updated. */
type LockState = 'missing' | 'current' | 'written-otherwise' | 'out-of-date' | 'breaking';

function stateOf(agreed: CatalogLock | undefined, current: CatalogLock, entries: readonly EntryChanges[]): LockState {
  if (agreed === undefined) return 'missing';
  if (entries.some(({ verdict }) => verdict === 'breaking')) return 'breaking';
  if (entries.length > 0) return 'out-of-date';
  return isSameLock(agreed, current) ? 'current' : 'written-otherwise';
}

function refuseUnusedNames(accepted: readonly string[], entries: readonly EntryChanges[]): void {
  for (const name of accepted) {
    if (entries.some((entry) => entry.name === name && entry.verdict !== 'harmless' && canBeAccepted(entry))) continue;
    throw CommandFailedException.create(
      `--accept ${name}: no removed event and no context with breaking changes has this name.`,
      'remove the option; a breaking change of an event that stays in the catalog needs a higher version',
    );
  }
}

function conclusion(
  state: LockState,
  isUpdated: boolean,
  counts: Counts,
  { events, contexts }: CatalogDocument,
  options: CheckOptions,
): string {
  const { lock } = options;
  const update = `event-tracking catalog check --update${words(options)}`;
  const size = `${amount(events.length, 'event')}, ${amount(contexts.length, 'context')}`;
  switch (state) {
    case 'missing':
      return isUpdated
        ? `${lock} was created: ${size}. Commit it.`
        : `There is no ${lock} to compare with.\n  Fix: run ${update} and commit the file`;
    case 'current':
      return `${lock} is up to date: ${size}.`;
    case 'written-otherwise': // by another schema library, or by another release of it
      return isUpdated
        ? `${lock} was updated: only the notation of the schemas changed.`
        : `${lock} is up to date: ${size}. Its schemas use another notation with the same meaning; --update stores the new one.`;
    case 'out-of-date':
      if (isUpdated) return `${describeCounts(counts)} ${lock} was updated.`;
      return `${describeCounts(counts)} ${lock} is out of date.\n  Fix: run ${update}`;
    case 'breaking':
      return `${describeCounts(counts)} ${lock} ${options.update === true ? 'is unchanged' : 'is out of date'}: fix the breaking changes first.`;
  }
}

function canBeAccepted({ of, version }: EntryChanges): boolean {
  return of === 'context' || version.is === null;
}

function report(entries: readonly EntryChanges[], terminal: Terminal): void {
  const today = new Date().toISOString().slice(0, 10);
  for (const entry of entries) terminal.out(`${describeEntry(entry, today, terminal)}\n`);
}

/** Returns the options that the next call also needs. */
function words({ catalog, lock, accept }: CheckOptions): string {
  return [
    ...(catalog === undefined ? [] : [` --catalog ${catalog}`]),
    ...(lock === 'events.lock.json' ? [] : [` --lock ${lock}`]),
    ...accept.map((name) => ` --accept ${name}`),
  ].join('');
}

function lockIn(file: string, shown: string): CatalogLock {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw CommandFailedException.create(
      `${shown} cannot be read: ${describeError(error)}`,
      'pass the path of a file with --lock',
      error,
    );
  }
  const lock = readLock(text);
  if (typeof lock !== 'string') return lock;
  throw CommandFailedException.create(
    `${shown} cannot be used: ${lock}.`,
    `run git checkout -- ${shown}; after a merge conflict, keep the version of the target branch and run --update`,
  );
}

function write(file: string, shown: string, lock: CatalogLock): void {
  try {
    writeFileSync(file, writeLock(lock));
  } catch (error) {
    throw CommandFailedException.create(
      `${shown} cannot be written: ${describeError(error)}`,
      'pass a file in an existing folder with --lock',
      error,
    );
  }
}
