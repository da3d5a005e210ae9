import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { describeError } from '../../event/normal-form';
import { CommandFailedException } from '../command-failed.exception';
import { readLog, withoutEvents, type LogCounts } from '../log-events';
import { LogFile } from '../log-file';
import type { AddCommand } from '../command';
import { amount, count, Progress } from '../progress';
import type { Terminal } from '../terminal';
import { draftCatalog } from './draft';
import { LogProfile } from './log-profile';
import { JSON_SCHEMA, ZOD } from './schema-code';

interface Options {
  readonly out?: string;
  readonly force?: true;
  readonly schema: 'zod' | 'json-schema';
}

export const addInfer: AddCommand = (catalog, terminal) => {
  catalog
    .command('infer')
    .description('Drafts the definitions of the events in a tracking log.')
    .argument('<file>', 'a log; compressed if its name ends in .gz; - for the standard input')
    .option('--out <file>', 'the TypeScript file to write; left out, the draft is printed')
    .option('--force', 'write over a file that is there')
    .addOption(
      new Option('--schema <kind>', 'what schemas are written in').choices(['zod', 'json-schema']).default('zod'),
    )
    .addHelpText('after', '\nExit codes: 0 the draft was made; 2 it could not be.')
    .action(async (given: string, options: Options) => {
      refuseToOverwrite(terminal.folder, options);
      const file = await LogFile.find(terminal.folder, given);
      const profile = new LogProfile();
      const counts = await readLog(file, new Progress(terminal, file.bytes), (event, _line, text) => {
        profile.take(event, text.length);
      });
      if (counts.events === 0) throw withoutEvents(given, counts);
      const draft = draftCatalog(profile, file.title, options.schema === 'zod' ? ZOD : JSON_SCHEMA);
      await write(draft, options.out, terminal);
      tell(counts, profile, options.out, terminal);
    });
};

/** A catalog that somebody has worked on is worth more than any draft. */
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
  for (const { line, why } of brokenLines) terminal.tell(`  line ${count(line)} ${why}`);
  if (profile.otherNames > 0)
    terminal.tell(
      `${amount(profile.otherNames, 'event')} of further names were left out; names with ids in them cannot be documented.`,
    );
  if (out !== undefined) terminal.tell(`The draft is in ${out}: look for TODO.`);
}
