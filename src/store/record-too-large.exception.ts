import { MAX_PAYLOAD_BYTES } from './record-store';

/** Error thrown for a record that is larger than the limit of a record store. */
export class RecordTooLargeException extends Error {
  override readonly name = 'RecordTooLargeException';

  /** Use `create`. The constructor is public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly bytes: number,
  ) {
    super(message);
  }

  /**
   * Checks the size of a payload.
   * @returns the size of the payload in bytes
   * @throws RecordTooLargeException if a store cannot accept that many
   */
  static check(payload: string | Buffer): number {
    const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
    if (bytes > MAX_PAYLOAD_BYTES) throw RecordTooLargeException.create(bytes);
    return bytes;
  }

  static create(bytes: number): RecordTooLargeException {
    return new RecordTooLargeException(
      `a record has ${bytes} bytes; a record store takes at most ${MAX_PAYLOAD_BYTES} in one.\n` +
        '  Fix: keep large values elsewhere and put a reference to them into the event.',
      bytes,
    );
  }
}
