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

  /** @returns the bytes of the payload. @throws if a store cannot take as many */
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
