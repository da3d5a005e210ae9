/** Reports that a command cannot do its work. The user sees the message, without a stack. */
export class CommandFailedException extends Error {
  override readonly name = 'CommandFailedException';

  static create(what: string, fix: string, cause?: unknown): CommandFailedException {
    return new CommandFailedException(`${what}\n  Fix: ${fix}`, cause === undefined ? undefined : { cause });
  }

  /** @param message contains the fix itself */
  static of(message: string, cause?: unknown): CommandFailedException {
    return new CommandFailedException(message, cause === undefined ? undefined : { cause });
  }
}
