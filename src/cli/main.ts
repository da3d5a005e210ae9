#!/usr/bin/env node
import { EXIT } from './command';
import { ProcessGuard } from './process-guard';
import type * as Program from './program';
import { missingPackages } from './required-packages';

// A reader that stops early (`| head`) closes the pipe, which is not an error of the command.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const guard = ProcessGuard.install();
const terminal = guard.terminal();
const missing = missingPackages();
if (missing === undefined) {
  // Loaded here, because the program imports the packages that may be missing.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { runCommand } = require('./program') as typeof Program;
  void runCommand(process.argv.slice(2), terminal).then((code) => guard.end(code));
} else {
  terminal.tell(missing);
  void guard.end(EXIT.failed);
}
