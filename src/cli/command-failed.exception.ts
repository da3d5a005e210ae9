/** A command that cannot do what it was asked for. The text is for whoever called it: no stack is shown. */
export class CommandFailedException extends Error {
  override readonly name = 'CommandFailedException';

  static create(what: string, fix: string, cause?: unknown): CommandFailedException {
    return new CommandFailedException(`${what}\n  Fix: ${fix}`, cause === undefined ? undefined : { cause });
  }

  /** @param message says the fix itself */
  static of(message: string, cause?: unknown): CommandFailedException {
    return new CommandFailedException(message, cause === undefined ? undefined : { cause });
  }
}
