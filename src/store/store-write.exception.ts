/** The facts of one failed write. */
export interface FailedWrite {
  readonly path: string;
  readonly cause: unknown;
  /**
   * Number of records that were accepted earlier and are lost because of this failure. Only `close`
   * loses any.
   * @default 0
   */
  readonly records?: number | undefined;
}

/**
 * Error thrown when a record or the buffered records could not be written. The store is in the same
 * state as before the call.
 */
export class StoreWriteException extends Error {
  override readonly name = 'StoreWriteException';

  /** Use `create`. The constructor is public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly path: string,
    /** Error code of the system, such as ENOSPC. */
    readonly code: string | undefined,
    readonly records: number,
    cause: unknown,
  ) {
    super(message, { cause });
  }

  /** Creates the exception for files that were removed while in use. */
  static removed(path: string, records = 0): StoreWriteException {
    const cause = Object.assign(new Error('files that were in use have been removed'), { code: 'ENOENT' });
    return StoreWriteException.create({ path, cause, records });
  }

  static create({ path, cause, records = 0 }: FailedWrite): StoreWriteException {
    const { code } = cause as NodeJS.ErrnoException;
    const lost = records === 0 ? '' : ` ${records} gathered records are lost.`;
    return new StoreWriteException(
      `the record store could not write to ${path}: ${(cause as Error).message}.${lost}\n  Fix: ${mendFor(code)}`,
      path,
      code,
      records,
      cause,
    );
  }
}

function mendFor(code: string | undefined): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return 'make room on that disk, or set maxBytes below what it has; writing goes on by itself when there is room.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'give the user of this process the right to write there, or set another directory.';
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ESTALE':
      return 'make sure that the disk is mounted, and that nothing but the application removes or replaces its files.';
    case 'EMFILE':
    case 'ENFILE':
      return 'raise the limit of open files (ulimit -n).';
    default:
      return 'see what the system says above; writing is tried again with the next record.';
  }
}
