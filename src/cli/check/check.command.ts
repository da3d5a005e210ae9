import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSameLock, lockOf, readLock, writeLock, type CatalogLock } from '../../catalog/compare/catalog-lock';
import { compareCatalogs, type EntryChanges } from '../../catalog/compare/compare-catalogs';
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
The lock holds the catalog as it was agreed with those who read its events; commit it, and review it like code.
A breaking change is let through when the version of its event is raised, or when a removed event was deprecated in the lock.

Examples:
  event-tracking catalog check                                      in CI
  event-tracking catalog check --update                             after a change, and once to begin with
  event-tracking catalog check --update --accept video.played       it is removed, and nobody reads it
  event-tracking catalog check --json | jq '.entries[].changes[]'

Exit codes: 0 the lock is up to date, or was updated; 1 it is not: something breaks readers, the lock is out of date, or there
is none; 2 it could not be done.`;

/** Compares the catalog to the agreed lock. */
export const addCheck: AddCommand = (catalog, terminal, end) => {
  catalog
    .command('check')
    .description('Finds what breaks the readers of events: compares the catalog to events.lock.json.')
    .option('--catalog <file>', 'the file that exports the catalog')
    .option('--lock <file>', 'what was agreed', 'events.lock.json')
    .option('--update', 'writes the lock, unless something breaking stands in the way')
    .option(
      '--accept <name>',
      'lets a removed event, or a changed context, of this name through; can be repeated',
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .option('--json', 'prints the changes as JSON')
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
      `--accept ${name}: no removed event and no breaking change of a context has this name.`,
      'leave it out; what breaks the readers of an event that stays needs a raised version',
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
        ? `${lock} is written: ${size}. Commit it.`
        : `There is no ${lock} to compare to.\n  Fix: ${update}, and commit the file`;
    case 'current':
      return `${lock} is up to date: ${size}.`;
    case 'written-otherwise': // by another schema library, or by another release of it
      return isUpdated
        ? `${lock} is updated: nothing changed but how the schemas are written.`
        : `${lock} is up to date: ${size}. Its schemas are written otherwise and mean the same; --update takes that over.`;
    case 'out-of-date':
      if (isUpdated) return `${describeCounts(counts)} ${lock} is updated.`;
      return `${describeCounts(counts)} ${lock} is out of date.\n  Fix: ${update}`;
    case 'breaking':
      return `${describeCounts(counts)} ${lock} ${options.update === true ? 'is unchanged' : 'is out of date'}: fix what is breaking first.`;
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
    throw CommandFailedException.create(`${shown} cannot be read: ${describeError(error)}`, 'a file', error);
  }
  const lock = readLock(text);
  if (typeof lock !== 'string') return lock;
  throw CommandFailedException.create(
    `${shown} cannot be used: ${lock}.`,
    `git checkout -- ${shown}; after a conflict, take that of the branch you merge into, then --update`,
  );
}

function write(file: string, shown: string, lock: CatalogLock): void {
  try {
    writeFileSync(file, writeLock(lock));
  } catch (error) {
    throw CommandFailedException.create(
      `${shown} cannot be written: ${describeError(error)}`,
      'a folder that is there',
      error,
    );
  }
}
