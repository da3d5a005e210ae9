#!/usr/bin/env node
import { runCommand } from './program';
import { Terminal } from './terminal';

void runCommand(process.argv.slice(2), Terminal.ofProcess()).then((code) => {
  process.exitCode = code;
});
