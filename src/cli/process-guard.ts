import { describeInFull } from './describe-in-full';
import { EXIT, type ExitCode } from './command';
import { Terminal } from './terminal';

/** Error that `process.exit` throws while a command runs. */
export class ExitRefusedException extends Error {
  override readonly name = 'ExitRefusedException';

  static create(code: number | string | null | undefined): ExitRefusedException {
    return new ExitRefusedException(`process.exit(${code ?? ''}) was called`);
  }
}

type Write = typeof process.stdout.write;

/**
 * Isolates the process from the application files that a command loads.
 *
 * - Their output goes to the error stream: the standard output contains the result alone.
 * - Their open handles (timers, connections) do not keep the process alive after the command.
 * - `process.exit` throws while the command runs, and a process that ends before its command has
 *   the exit code 2. An exit code of 0 would mean that the catalog was checked.
 */
export class ProcessGuard {
  private readonly exit = process.exit.bind(process);
  private readonly write: Write = process.stdout.write.bind(process.stdout);
  private hasEnded = false;

  private constructor() {
    process.exit = (code) => {
      throw ExitRefusedException.create(code);
    };
    process.stdout.write = process.stderr.write.bind(process.stderr);
    process.on('exit', () => {
      if (this.hasEnded) return;
      process.exitCode = EXIT.failed;
      process.stderr.write(
        'error: the command did not finish: a module that the catalog imports never finishes loading, or ended the process.\n' +
          '  Fix: move the definitions to files that start nothing and do not exit the process\n',
      );
    });
    process.on('uncaughtException', (error) => {
      process.stderr.write(
        `error: an uncaught error ended the command: ${describeInFull(error)}\n` +
          '  Fix: if a file that the catalog imports threw it, move the definitions to files that start nothing\n',
      );
      void this.end(EXIT.failed);
    });
  }

  static install(): ProcessGuard {
    return new ProcessGuard();
  }

  /** Returns the terminal of this process, to which only the command can write results. */
  terminal(): Terminal {
    const { write } = this;
    const stdout = Object.create(process.stdout, { write: { value: write } }) as typeof process.stdout;
    return new Terminal(stdout, process.stderr, process.cwd(), process.env);
  }

  /** Ends the process once all output is written, regardless of open handles. */
  async end(code: ExitCode): Promise<void> {
    if (this.hasEnded) return;
    this.hasEnded = true;
    process.exitCode = code;
    const write = process.stderr.write.bind(process.stderr);
    await Promise.all([this.write, write].map((each) => new Promise((resolve) => each('', resolve))));
    process.exit = this.exit; // for listeners of the application
    this.exit(code);
  }
}
