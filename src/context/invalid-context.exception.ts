import { quoted } from '../common/printable';

/** Error thrown when a value without keys is entered as a context. */
export class InvalidContextException extends Error {
  override readonly name = 'InvalidContextException';

  static create(context: string, given: string): InvalidContextException {
    return new InvalidContextException(
      `enterContext(${quoted(context)}, ...) was given ${given}; a context is an object whose keys are added to every event. ` +
        'Nothing was entered.\n' +
        `  Fix: tracker.enterContext(${quoted(context)}, { user_id: 11111 })`,
    );
  }
}
