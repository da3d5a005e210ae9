/** Error in a definition. */
export interface DefinitionError {
  /** Option with the error, for example `data` or `pii[0]`. */
  readonly option: string;
  readonly what: string;
  readonly fix: string;
}

/** Thrown for an invalid definition of an event, a context or a catalog. Lists every error. */
export class EventDefinitionException extends Error {
  override readonly name = 'EventDefinitionException';

  /** Use `create` instead. The constructor is public so that `@Catch` and `toThrow` accept it. */
  constructor(
    message: string,
    readonly errors: readonly DefinitionError[],
  ) {
    super(message);
  }

  /** @param place the definition as in the code: `defineEvent("video.played")` */
  static create(place: string, errors: readonly DefinitionError[]): EventDefinitionException {
    const count = errors.length === 1 ? '1 error' : `${String(errors.length)} errors`;
    const lines = errors.map(
      ({ option, what, fix }, at) => `  ${String(at + 1)}. ${option}: ${what}.\n     Fix: ${fix}`,
    );
    return new EventDefinitionException(`${place} has ${count}.\n${lines.join('\n')}`, errors);
  }
}
