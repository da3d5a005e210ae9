import { Command, CommanderError } from 'commander';
import { describeError } from '../event/normal-form';
import { CommandFailedException } from './command-failed.exception';
import { addDocsCommand } from './docs/docs.command';
import type { Terminal } from './terminal';

/** What a command ends with, documented in its help. */
export const EXIT = { fine: 0, found: 1, failed: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Adds one command under `catalog`. @param end told the code that the process ends with, if it is not 0 */
export type AddCommand = (catalog: Command, terminal: Terminal, end: (code: ExitCode) => void) => void;

const COMMANDS: readonly AddCommand[] = [addDocsCommand];

/**
 * Runs one command line. Never rejects.
 * @param words without node and the script
 * @returns the exit code
 */
export async function runCommand(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const program = new Command('event-tracking').description('The catalog of the events of an application.');
  const catalog = program
    .command('catalog')
    .description('Prints, checks, drafts and applies the catalog.')
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well; 1 something was found (see each command); 2 it could not be done.',
    );
  for (const add of COMMANDS)
    add(catalog, terminal, (found) => {
      code = found;
    });
  settle(program, terminal);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.failed; // it has said why
    terminal.tell(`error: ${error instanceof CommandFailedException ? error.message : describeError(error)}`);
    return EXIT.failed;
  }
}

/** Commander ends the process by itself, and passes its settings on to those commands only that are added later. */
function settle(command: Command, terminal: Terminal): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      terminal.out(text.trimEnd());
    },
    writeErr: (text) => {
      terminal.tell(text.trimEnd());
    },
  });
  for (const each of command.commands) settle(each, terminal);
}
