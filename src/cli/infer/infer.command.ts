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
    .option('--out <file>', 'the TypeScript file to write; by default the draft is printed')
    .option('--force', 'overwrite an existing file')
    .addOption(
      new Option('--schema <kind>', 'the notation of the schemas').choices(['zod', 'json-schema']).default('zod'),
    )
    .option('--name <pattern>', 'only events with this name; * matches any characters; can be repeated', collect, [])
    .option('--except <pattern>', 'no events with this name; * matches any characters; can be repeated', collect, [])
    .addHelpText('after', '\nExit codes: 0 the draft was created; 2 the command failed.')
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
    'The draft contains the first 1,000 names, although others are more frequent: a pipe cannot be read twice.\n' +
      '  Fix: pass the path of the log, or use --name and --except',
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
    `none of ${amount(events, 'event')} passes ${filters.join(' ')}.`,
    "use names as in the log; * matches any characters: --name 'edx.course.*'",
  );
}

function titleOf([first, ...others]: readonly LogFile[]): string {
  const title = first?.title ?? 'no log';
  return others.length === 0 ? title : `${title} and ${amount(others.length, 'other log')}`;
}

/** Refuses to overwrite an existing catalog, which a person may have edited. */
function refuseToOverwrite(folder: string, { out, force }: Options): void {
  if (out !== undefined && force !== true && existsSync(resolve(folder, out)))
    throw CommandFailedException.create(`${out} already exists.`, 'pass another name, or --force to overwrite it');
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
      'pass a file in an existing folder',
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
      `${amount(profile.otherNames, 'event')} with other names were left out; names that contain ids cannot be documented.`,
    );
  if (out !== undefined) terminal.tell(`The draft is in ${out}. Search it for TODO.`);
}
