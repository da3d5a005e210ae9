/** What was to be entered as a context has no keys. */
export class InvalidContextException extends Error {
  override readonly name = 'InvalidContextException';

  static create(context: string, given: string): InvalidContextException {
    return new InvalidContextException(
      `enterContext(${JSON.stringify(context)}, ...) was given ${given}; a context is an object whose keys go into every event. ` +
        'Nothing was entered.\n' +
        `  Mend: tracker.enterContext(${JSON.stringify(context)}, { user_id: 11111 })`,
    );
  }
}
