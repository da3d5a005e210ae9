/** No folder of one's own could be made: the disk queue cannot be used. */
export class OwnedFolderException extends Error {
  override readonly name = 'OwnedFolderException';

  /** Made by `create`; public so that `@Catch` and `toThrow` take the class. */
  constructor(
    message: string,
    readonly directory: string,
    /** The code of the system, such as EACCES. */
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
