#!/usr/bin/env node
import { ProcessGuard } from './process-guard';
import { runCommand } from './program';

// A reader that stops early (`| head`) closes the pipe, which is not an error of the command.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const guard = ProcessGuard.install();
void runCommand(process.argv.slice(2), guard.terminal()).then((code) => guard.end(code));
