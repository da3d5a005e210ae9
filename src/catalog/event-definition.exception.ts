/** One thing that is wrong in a definition. */
export interface DefinitionError {
  /** The option: `data`, `pii[0]`. */
  readonly option: string;
  readonly what: string;
  readonly fix: string;
}

/** A definition of an event, a context or a catalog that cannot stand; all that is wrong in it at once. */
export class EventDefinitionException extends Error {
  override readonly name = 'EventDefinitionException';

  /** Made by `create`; public so that `@Catch` and `toThrow` take the class. */
  constructor(
    message: string,
    readonly faults: readonly DefinitionError[],
  ) {
    super(message);
  }

  /** @param place as it stands in the code: `defineEvent("video.played")` */
  static create(place: string, faults: readonly DefinitionError[]): EventDefinitionException {
    const count = faults.length === 1 ? '1 fault' : `${String(faults.length)} faults`;
    const lines = faults.map(
      ({ option, what, fix }, at) => `  ${String(at + 1)}. ${option}: ${what}.\n     Fix: ${fix}`,
    );
    return new EventDefinitionException(`${place} has ${count}.\n${lines.join('\n')}`, faults);
  }
}
