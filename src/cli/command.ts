import type { Command } from 'commander';
import type { Terminal } from './terminal';

/** Exit codes of commands, documented in their help. */
export const EXIT = { fine: 0, found: 1, failed: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Adds one command under its parent: under `catalog`, or at the top.
 * @param end receives the exit code of the process, if it is not 0
 */
export type AddCommand = (parent: Command, terminal: Terminal, end: (code: ExitCode) => void) => void;
