import { MAX_PAYLOAD_BYTES } from './record-store';

/** A record beyond what a store takes. */
export class RecordTooLargeException extends Error {
  override readonly name = 'RecordTooLargeException';

  /** Made by `create`; public so that `@Catch` and `toThrow` take the class. */
  constructor(
    message: string,
    readonly bytes: number,
  ) {
    super(message);
  }

  static create(bytes: number): RecordTooLargeException {
    return new RecordTooLargeException(
      `a record has ${bytes} bytes; a record store takes at most ${MAX_PAYLOAD_BYTES} in one.\n` +
        '  Mend: keep large values elsewhere and put a reference to them into the event.',
      bytes,
    );
  }
}
