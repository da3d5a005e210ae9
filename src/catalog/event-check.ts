import { isPromise } from '../routing/processor-step';
import { DeclaredKeys } from './declared-keys';
import type { EventDefinition } from './define-event';
import type { ReadSchema } from './event-schema';
import { undeclared, violationsOf, type Violation } from './violation';

/** Holds events of one name against their definition. The events are only read: no default is filled in, nothing is coerced. */
export class EventCheck {
  /** What every one of these events is. */
  readonly deprecated: readonly Violation[] | undefined;
  private readonly keys: DeclaredKeys | undefined;

  /** @param options.undeclared whether a field that the definition does not declare is a violation */
  constructor(
    readonly definition: EventDefinition,
    options: { readonly undeclared: boolean },
  ) {
    const { schemas, document } = definition;
    if (schemas.data !== undefined && options.undeclared)
      this.keys = DeclaredKeys.of(schemas.data.json, schemas.data.isOpen);
    if (document.deprecated !== null) {
      const { since, replacedBy } = document.deprecated;
      const instead = replacedBy === undefined ? '' : `; use ${JSON.stringify(replacedBy)} in its place`;
      this.deprecated = [{ kind: 'deprecated', path: '', message: `is deprecated since ${since}${instead}` }];
    }
  }

  /**
   * @returns undefined if there are none
   * @throws whatever the schema throws
   */
  check(data: unknown, context: unknown): readonly Violation[] | undefined {
    const { deprecated } = this;
    const ofData = this.checkData(data);
    const ofContext = this.checkContext(context);
    if (ofData === undefined && ofContext === undefined) return deprecated;
    return [...(deprecated ?? []), ...(ofData ?? []), ...(ofContext ?? [])];
  }

  checkData(data: unknown): readonly Violation[] | undefined {
    const schema = this.definition.schemas.data;
    if (schema === undefined) return undefined;
    const found = ask(schema, 'data', data);
    const { keys } = this;
    if (keys === undefined || keys.hasAll(data)) return found;
    return [...(found ?? []), ...keys.missing(data).map((path) => undeclared('data', path))];
  }

  /** The context carries what other events need, too: fields that are not declared are no violation there. */
  checkContext(context: unknown): readonly Violation[] | undefined {
    const schema = this.definition.schemas.context;
    if (schema === undefined) return undefined;
    const found = ask(schema, 'context', context)?.filter(({ kind }) => kind !== 'additional-property');
    return found?.length === 0 ? undefined : found;
  }
}

function ask(schema: ReadSchema, part: 'data' | 'context', value: unknown): readonly Violation[] | undefined {
  const answer = schema.validate(value);
  if (isPromise(answer)) {
    answer.then(undefined, () => undefined);
    throw new TypeError(`the schema of its ${part} validates asynchronously, and emit waits for nothing`);
  }
  return answer.issues?.flatMap((issue) => violationsOf(issue, part, value, schema.json));
}
