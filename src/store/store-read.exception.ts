/**
 * Error thrown when a segment cannot be opened or read for a reason that may be temporary (no
 * descriptors left, no permission). Nothing is lost.
 */
export class StoreReadException extends Error {
  override readonly name = 'StoreReadException';

  /** Use `create`. The constructor is public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly path: string,
    readonly code: string | undefined,
    cause: unknown,
  ) {
    super(message, { cause });
  }

  static create(path: string, cause: unknown): StoreReadException {
    const { code, message } = cause as NodeJS.ErrnoException;
    const fix =
      code === 'EMFILE' || code === 'ENFILE'
        ? 'raise the limit of open files (ulimit -n).'
        : 'give the user of this process the right to read and write there.';
    return new StoreReadException(
      `the record store could not read ${path}: ${message}.\n  Fix: ${fix}`,
      path,
      code,
      cause,
    );
  }
}
