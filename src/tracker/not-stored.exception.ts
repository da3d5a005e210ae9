/**
 * Reports that the events of a transaction are not in the outbox, so that its data must not be
 * committed either. Let it reject the transaction of the database.
 */
export class NotStoredException extends Error {
  override readonly name = 'NotStoredException';

  /** @param why reason, in a sentence that ends with the fix */
  static create(why: string): NotStoredException {
    return new NotStoredException(`the events of a transaction were not stored in the outbox: ${why}`);
  }
}
