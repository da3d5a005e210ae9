import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { describeError } from '../event/normal-form';
import { addCheck } from './check/check.command';
import { CommandFailedException } from './command-failed.exception';
import { addImport } from './import/import.command';
import { addReplay } from './import/replay.command';
import { addInfer } from './infer/infer.command';
import { addDocs } from './docs/docs.command';
import { EXIT, type AddCommand, type ExitCode } from './command';
import { addSql } from './sql/sql.command';
import type { Terminal } from './terminal';
import { addValidate } from './validate/validate.command';

const COMMANDS: readonly AddCommand[] = [addDocs, addCheck, addInfer, addValidate];

/**
 * Runs one command line. Never rejects.
 * @param words arguments without node and the script
 * @returns the exit code
 */
export async function runCommand(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const program = new Command('event-tracking')
    .description('Works with the event catalog and the tracking logs of an application.')
    .version(packageVersion(), '-v, --version', 'show the version of nestjs-event-tracking');
  const catalog = program
    .command('catalog')
    .description('Prints, checks, drafts and applies the catalog.')
    .addHelpText('after', '\nExit codes: 0 success; 1 something was found (see each command); 2 the command failed.');
  for (const add of COMMANDS)
    add(catalog, terminal, (found) => {
      code = found;
    });
  for (const add of [addImport, addReplay])
    add(program, terminal, (found) => {
      code = found;
    });
  addSql(program, terminal, () => undefined);
  settle(program, terminal);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    // commander has already printed the reason
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.failed;
    terminal.tell(`error: ${error instanceof CommandFailedException ? error.message : describeError(error)}`);
    return EXIT.failed;
  }
}

/**
 * Reads the version from package.json, which is two folders above this file, in src/ and in dist/.
 */
function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/**
 * Configures all commands. Commander would end the process itself, and passes its settings only to
 * commands that are added later.
 */
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
