/**
 * Reports that the events of a transaction are not in the outbox, so that its data must not be
 * committed either. Let it reject the transaction of the database.
 */
export class NotStoredException extends Error {
  override readonly name = 'NotStoredException';

  /** @param why reason, ending with the fix, without a full stop */
  static create(why: string, cause?: unknown): NotStoredException {
    const options = cause === undefined ? undefined : { cause };
    return new NotStoredException(`the events of a transaction were not stored in the outbox: ${why}.`, options);
  }
}
