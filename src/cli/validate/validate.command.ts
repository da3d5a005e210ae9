import type { Command } from 'commander';
import type { EventCatalog } from '../../catalog/catalog';
import { loadCatalog } from '../load-catalog';
import { CommandFailedException } from '../command-failed.exception';
import { readLogs, withoutEvents, type LogCounts } from '../log-events';
import { LogFile } from '../log-file';
import { Progress } from '../progress';
import { EXIT, type AddCommand } from '../command';
import type { Terminal } from '../terminal';
import { LogValidation } from './log-validation';
import { validationAsJson, validationAsText } from './validation-report';

interface Options {
  readonly catalog?: string;
  readonly json?: true;
  readonly showKeys?: true;
  readonly undeclared: boolean;
}

export const addValidate: AddCommand = (catalog, terminal, end) => {
  withHelp(catalog.command('validate'))
    .argument('<files...>', 'logs, also compressed by gzip; - for the standard input')
    .option('--catalog <file>', 'the file that exports the catalog')
    .option('--no-undeclared', 'do not report fields that a definition does not declare')
    .option('--show-keys', 'show undeclared keys, which may be personal data, instead of *')
    .option('--json', 'print the result as one JSON object')
    .action(async (files: string[], options: Options) => {
      const given = await loadCatalog(terminal.folder, options.catalog);
      const { counts, validation } = await validateLogs(files, given, options, terminal);
      const result = validation.result();
      if (counts.events === 0) throw withoutEvents(files, counts);
      if (result.uncheckedEvents === counts.events) throw withoutCheckedEvents(files);
      terminal.out(options.json ? validationAsJson(counts, result) : validationAsText(counts, result, terminal));
      if (result.wrongEvents > 0 || counts.broken > 0) end(EXIT.found);
    });
};

function withHelp(command: Command): Command {
  return command
    .description('Validates a tracking log against the catalog and prints a table of violations.')
    .addHelpText(
      'after',
      '\nExit codes: 0 every event matches the catalog; 1 a violation, an event that is not in the catalog, or a broken line was found; 2 the command failed.',
    );
}

/**
 * Returns the error for a log without checked events, which must not look like a log without
 * violations.
 */
function withoutCheckedEvents(given: readonly string[]): CommandFailedException {
  return CommandFailedException.create(
    `no event in ${given.join(', ')} has a version that the catalog contains, so none was checked.`,
    'pass a log written with this catalog, or the catalog of that time with --catalog FILE',
  );
}

async function validateLogs(
  given: readonly string[],
  catalog: EventCatalog,
  { undeclared, showKeys }: Options,
  terminal: Terminal,
): Promise<{ counts: LogCounts; validation: LogValidation }> {
  const files = await LogFile.findAll(terminal.folder, given);
  const validation = new LogValidation(catalog, { undeclared, showsKeys: showKeys === true });
  const counts = await readLogs(files, Progress.of(terminal, files), (event, place, text) => {
    validation.take(event, place, text);
  });
  return { counts, validation };
}
