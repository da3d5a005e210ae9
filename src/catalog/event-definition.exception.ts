/** One thing that is wrong in a definition. */
export interface DefinitionFault {
  /** The option: `data`, `pii[0]`. */
  readonly option: string;
  readonly what: string;
  readonly mend: string;
}

/** A definition of an event, a context or a catalog that cannot stand; all that is wrong in it at once. */
export class EventDefinitionException extends Error {
  override readonly name = 'EventDefinitionException';

  /** Made by `create`; public so that `@Catch` and `toThrow` take the class. */
  constructor(
    message: string,
    readonly faults: readonly DefinitionFault[],
  ) {
    super(message);
  }

  /** @param place as it stands in the code: `defineEvent("video.played")` */
  static create(place: string, faults: readonly DefinitionFault[]): EventDefinitionException {
    const count = faults.length === 1 ? '1 fault' : `${String(faults.length)} faults`;
    const lines = faults.map(
      ({ option, what, mend }, at) => `  ${String(at + 1)}. ${option}: ${what}.\n     Mend: ${mend}`,
    );
    return new EventDefinitionException(`${place} has ${count}.\n${lines.join('\n')}`, faults);
  }
}
