/** Error thrown when no folder could be created and owned: the disk queue cannot be used. */
export class OwnedFolderException extends Error {
  override readonly name = 'OwnedFolderException';

  /** Use `create`. The constructor is public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly directory: string,
    /** Error code of the system, such as EACCES. */
    readonly code: string | undefined,
    cause: unknown,
  ) {
    super(message, { cause });
  }

  static create(directory: string, cause: unknown): OwnedFolderException {
    const { code, message } = cause as NodeJS.ErrnoException;
    return new OwnedFolderException(
      `no folder could be made and owned in ${directory}: ${message}.\n` +
        '  Fix: name a directory on a local disk where the user of this process may write and Unix sockets can stand.',
      directory,
      code,
      cause,
    );
  }
}
