import { resolve } from 'node:path';
import { DEFAULT_TRACKER } from '../../routing/tokens';
import { CommandFailedException } from '../command-failed.exception';
import type { AddCommand } from '../command';
import { LogFile } from '../log-file';
import type { DeadLetterSource } from './dead-letter-source';
import type * as DeadLetterSources from './dead-letter-source';
import { importLogs, printResult, withOptions, type ImportCommandOptions, type ImportSource } from './import.command';
import type { MongoSource } from './mongo-source';
import type * as MongoSources from './mongo-source';

interface ReplayOptions extends ImportCommandOptions {
  readonly deadLetters?: string;
  readonly lettersOf?: string;
  readonly mongo?: string;
  readonly collection: string;
}

const EXAMPLE = '--module src/app.module.ts --branch warehouse';

export const addReplay: AddCommand = (program, terminal, end) => {
  const command = program
    .command('replay')
    .description('Sends stored events and dead letters through one backend of an application again.')
    .argument('[files...]', 'logs that LoggerBackend wrote; - for the standard input')
    .option('--dead-letters <folder>', 'the delivery directory of a stopped application')
    .option('--letters-of <path>', 'the destination whose dead letters are sent; by default the one of --branch')
    .option('--mongo <url>', 'a database in which MongoBackend has stored events')
    .option('--collection <name>', 'the collection in that database', 'events')
    .option('--branch <path>', 'the backend that gets the events, such as caliper/mongo');
  withOptions(command).action(async (files: string[], options: ReplayOptions) => {
    const { branch, module, mongo, collection, deadLetters, lettersOf = branch ?? '' } = options;
    if (options.dryRun !== true && (branch === undefined || module === undefined))
      throw CommandFailedException.create('--module and --branch are needed, which say where the events go.', EXAMPLE);
    const sources = [files.length > 0, mongo !== undefined, deadLetters !== undefined].filter(Boolean);
    if (sources.length !== 1)
      throw CommandFailedException.create(
        sources.length === 0 ? 'there is no source of events.' : 'there are several sources of events.',
        `one of tracking.log, --mongo URL and --dead-letters FOLDER, with ${EXAMPLE}`,
      );
    if (deadLetters !== undefined && lettersOf === '')
      throw CommandFailedException.create(
        '--branch or --letters-of is needed, which say whose dead letters are read.',
        '--letters-of warehouse',
      );
    const more = [branch, mongo, collection, deadLetters, lettersOf];
    const stored = await openStore(terminal.folder, options, lettersOf);
    try {
      const found: readonly ImportSource[] =
        stored === undefined ? await LogFile.findAll(terminal.folder, files) : [stored];
      const isProcessed = deadLetters !== undefined && lettersOf === branch;
      printResult(await importLogs(found, { ...options, isProcessed }, terminal, more), options, terminal, end);
    } finally {
      await stored?.close();
    }
  });
};

/** Opens a store of events before the application starts, which would take over dead letters. */
function openStore(
  folder: string,
  { mongo, collection, deadLetters, tracker = DEFAULT_TRACKER }: ReplayOptions,
  lettersOf: string,
): Promise<MongoSource | DeadLetterSource | undefined> {
  /* eslint-disable @typescript-eslint/no-require-imports -- only what is needed is loaded */
  if (mongo !== undefined) {
    const { MongoSource: source } = require('./mongo-source') as typeof MongoSources;
    return source.open(mongo, collection);
  }
  if (deadLetters === undefined) return Promise.resolve(undefined);
  const { DeadLetterSource: source } = require('./dead-letter-source') as typeof DeadLetterSources;
  return source.open(resolve(folder, deadLetters), tracker, lettersOf);
}
