#!/usr/bin/env node
import { runCommand } from './program';
import { Terminal } from './terminal';

// A reader that has seen enough (`| head`) closes the pipe: that is no fault, and a stack would tell nobody anything.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

void runCommand(process.argv.slice(2), Terminal.ofProcess()).then((code) => {
  process.exitCode = code;
});
