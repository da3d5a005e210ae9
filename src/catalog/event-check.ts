import { isPromise } from '../routing/processor-step';
import { DeclaredKeys } from './declared-keys';
import type { EventDefinition } from './define-event';
import type { IssueList, ReadSchema } from './event-schema';
import { IssueReader } from './issue-reader';
import { shownKey } from './shown-paths';
import { MAX_VIOLATIONS, type Findings, type Violation } from './violation';

export interface CheckOptions {
  /** Whether a field that the definition does not declare is a violation. */
  readonly undeclared: boolean;
  /** Whether keys that the definition does not declare are shown.  @default false: each is `*` */
  readonly showsKeys?: boolean | undefined;
}

/** Validates events of one name against their definition. It fills in no defaults, coerces nothing. */
export class EventCheck {
  /** What every one of these events is. */
  readonly deprecated: readonly Violation[];
  private readonly keys: DeclaredKeys | undefined;
  private readonly ofData: IssueReader | undefined;
  private readonly ofContext: IssueReader | undefined;
  private readonly shownKey: (key: string) => string;

  constructor(
    readonly definition: EventDefinition,
    { undeclared, showsKeys = false }: CheckOptions,
  ) {
    const { schemas, document } = definition;
    const { data, context } = schemas;
    this.shownKey = shownKey(showsKeys);
    this.ofData = data && new IssueReader('data', data, this.shownKey);
    this.ofContext = context && new IssueReader('context', context, this.shownKey);
    if (data !== undefined && undeclared) this.keys = DeclaredKeys.of(data.plain, data.isOpen);
    this.deprecated = document.deprecated === null ? [] : [deprecation(document.deprecated)];
  }

  /**
   * @returns undefined if there are none
   * @throws whatever the schema throws
   */
  check(data: unknown, context: unknown): Findings | undefined {
    return this.together(this.checkData(data), this.checkContext(context));
  }

  /** What was found in both parts, and that the event is deprecated. @returns undefined if that is nothing */
  together(ofData: Findings | undefined, ofContext: Findings | undefined): Findings | undefined {
    const { deprecated } = this;
    if (ofData === undefined && ofContext === undefined)
      return deprecated.length === 0 ? undefined : { violations: deprecated, more: 0 };
    const all = [...deprecated, ...(ofData?.violations ?? []), ...(ofContext?.violations ?? [])];
    const more = (ofData?.more ?? 0) + (ofContext?.more ?? 0) + Math.max(all.length - MAX_VIOLATIONS, 0);
    return { violations: all.slice(0, MAX_VIOLATIONS), more };
  }

  checkData(data: unknown): Findings | undefined {
    const { ofData, keys } = this;
    if (ofData === undefined) return undefined;
    const found = ask(this.definition.schemas.data, ofData, 'data', data);
    if (keys === undefined || keys.hasAll(data)) return found;
    const { violations = [], more = 0 } = found ?? {};
    const undeclared = keys.undeclaredIn(data, 'data', MAX_VIOLATIONS - violations.length, this.shownKey);
    return { violations: [...violations, ...undeclared], more };
  }

  /** The context carries what other events need, too: fields that are not declared are no violation there. */
  checkContext(context: unknown): Findings | undefined {
    const { ofContext } = this;
    if (ofContext === undefined) return undefined;
    const found = ask(this.definition.schemas.context, ofContext, 'context', context);
    const violations = found?.violations.filter(({ kind }) => kind !== 'additional-property') ?? [];
    return violations.length === 0 ? undefined : { violations, more: found?.more ?? 0 };
  }
}

function deprecation({
  since,
  replacedBy,
}: {
  readonly since: string;
  readonly replacedBy?: string | undefined;
}): Violation {
  const instead = replacedBy === undefined ? '' : `; use ${JSON.stringify(replacedBy)} in its place`;
  return { kind: 'deprecated', path: '', message: `is deprecated since ${since}${instead}` };
}

function ask(
  schema: ReadSchema | undefined,
  reader: IssueReader,
  part: 'data' | 'context',
  value: unknown,
): Findings | undefined {
  const answer = schema?.validate(value);
  if (isPromise(answer)) {
    answer.then(undefined, () => undefined);
    throw new AsynchronousSchemaException(
      `the schema of its ${part} validates asynchronously, and emit waits for nothing`,
    );
  }
  const issues: IssueList | undefined = answer?.issues;
  if (issues === undefined || issues.length === 0) return undefined;
  const { violations, more } = reader.read(issues, value, MAX_VIOLATIONS);
  return { violations, more: more + (issues.omitted ?? 0) };
}

/** Its message is ours, and holds nothing of the event. */
export class AsynchronousSchemaException extends TypeError {
  override readonly name = 'AsynchronousSchemaException';
}
