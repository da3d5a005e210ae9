import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { describeError } from '../../event/normal-form';
import { CommandFailedException } from '../command-failed.exception';
import { placeText, readLogs, withoutEvents, type LogCounts } from '../log-events';
import { LogFile, wildcard } from '../log-file';
import type { AddCommand } from '../command';
import { amount, Progress } from '../progress';
import type { Terminal } from '../terminal';
import { draftCatalog } from './draft';
import { LogProfile } from './log-profile';
import { JSON_SCHEMA, ZOD } from './schema-code';

interface Options {
  readonly out?: string;
  readonly force?: true;
  readonly schema: 'zod' | 'json-schema';
  readonly name: readonly string[];
  readonly except: readonly string[];
}

export const addInfer: AddCommand = (catalog, terminal) => {
  catalog
    .command('infer')
    .description('Drafts the definitions of the events in a tracking log.')
    .argument('<files...>', 'logs, also compressed by gzip; - for the standard input')
    .option('--out <file>', 'the TypeScript file to write; left out, the draft is printed')
    .option('--force', 'write over a file that is there')
    .addOption(
      new Option('--schema <kind>', 'what schemas are written in').choices(['zod', 'json-schema']).default('zod'),
    )
    .option('--name <pattern>', 'only events of this name; * is any characters; can be repeated', collect, [])
    .option('--except <pattern>', 'no events of this name; * is any characters; can be repeated', collect, [])
    .addHelpText('after', '\nExit codes: 0 the draft was made; 2 it could not be.')
    .action(async (given: string[], options: Options) => {
      refuseToOverwrite(terminal.folder, options);
      const files = await LogFile.findAll(terminal.folder, given);
      const { counts, profile } = await profileOf(files, options, terminal);
      if (counts.events === 0) throw withoutEvents(given, counts);
      if (profile.names.size === 0) throw withoutNames(options, counts);
      const draft = draftCatalog(profile, titleOf(files), options.schema === 'zod' ? ZOD : JSON_SCHEMA);
      await write(draft, options.out, terminal);
      tell(counts, profile, options.out, terminal);
    });
};

function collect(pattern: string, patterns: readonly string[]): readonly string[] {
  return [...patterns, pattern];
}

/** Reads the logs, and a second time if the most frequent names are not among the first. */
async function profileOf(
  files: readonly LogFile[],
  options: Options,
  terminal: Terminal,
): Promise<{ counts: LogCounts; profile: LogProfile }> {
  const isWanted = nameFilter(options);
  const read = async (profile: LogProfile): Promise<{ counts: LogCounts; profile: LogProfile }> => {
    const counts = await readLogs(files, Progress.of(terminal, files), (event, _place, text) => {
      if (isWanted(event.name)) profile.take(event, text.length);
    });
    return { counts, profile };
  };
  const first = await read(new LogProfile());
  const missed = first.profile.missedNames();
  if (missed === undefined) return first;
  if (files.every(({ isRepeatable }) => isRepeatable)) return read(new LogProfile(missed));
  terminal.tell(
    'The draft has the first 1,000 names, and others are more frequent: a pipe cannot be read twice.\n' +
      '  Fix: the path of the log, or --name and --except',
  );
  return first;
}

function nameFilter({ name, except }: Options): (eventName: string) => boolean {
  const [wanted, unwanted] = [name.map(wildcard), except.map(wildcard)];
  return (eventName) =>
    (wanted.length === 0 || wanted.some((each) => each.test(eventName))) &&
    !unwanted.some((each) => each.test(eventName));
}

function withoutNames({ name, except }: Options, { events }: LogCounts): CommandFailedException {
  const filters = [...name.map((each) => `--name ${each}`), ...except.map((each) => `--except ${each}`)];
  return CommandFailedException.create(
    `none of ${amount(events, 'event')} is let through by ${filters.join(' ')}.`,
    "names as they are in the log; * is any characters: --name 'edx.course.*'",
  );
}

function titleOf([first, ...others]: readonly LogFile[]): string {
  const title = first?.title ?? 'no log';
  return others.length === 0 ? title : `${title} and ${amount(others.length, 'other log')}`;
}

/** Refuses to overwrite an existing catalog, which a person may have edited. */
function refuseToOverwrite(folder: string, { out, force }: Options): void {
  if (out !== undefined && force !== true && existsSync(resolve(folder, out)))
    throw CommandFailedException.create(`${out} is there already.`, 'another name, or --force to write over it');
}

async function write(draft: string, out: string | undefined, terminal: Terminal): Promise<void> {
  if (out === undefined) {
    terminal.out(draft.trimEnd());
    return;
  }
  try {
    await writeFile(resolve(terminal.folder, out), draft);
  } catch (error) {
    throw CommandFailedException.create(
      `${out} cannot be written: ${describeError(error)}`,
      'a file in a folder that is there',
      error,
    );
  }
}

function tell(counts: LogCounts, profile: LogProfile, out: string | undefined, terminal: Terminal): void {
  const { lines, events, broken, others, brokenLines } = counts;
  terminal.tell(
    `${amount(lines, 'line')}: ${amount(events, 'event')} of ${amount(profile.names.size, 'name')}, ${amount(broken, 'broken line')}, ${amount(others, 'line')} of other JSON.`,
  );
  for (const each of brokenLines) terminal.tell(`  ${placeText(each)} ${each.why}`);
  if (profile.otherNames > 0)
    terminal.tell(
      `${amount(profile.otherNames, 'event')} of further names were left out; names with ids in them cannot be documented.`,
    );
  if (out !== undefined) terminal.tell(`The draft is in ${out}: look for TODO.`);
}
