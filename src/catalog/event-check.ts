import { isPromise } from '../routing/processor-step';
import { DeclaredKeys } from './declared-keys';
import type { EventDefinition } from './define-event';
import type { ReadSchema } from './event-schema';
import type { IssueList } from './issue';
import { IssueReader } from './issue-reader';
import { shownKey } from './shown-paths';
import { MAX_VIOLATIONS, type Findings, type Violation } from './violation';

export interface CheckOptions {
  /** True if a field that the definition does not declare is a violation. */
  readonly undeclared: boolean;
  /** If true, shows keys that the definition does not declare.  @default false: each is `*` */
  readonly showsKeys?: boolean | undefined;
}

/** Validates events of one name against their definition. Fills in no defaults, coerces nothing. */
export class EventCheck {
  /** Violation of every event of this name if its definition is deprecated; otherwise empty. */
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
   * Validates an event.
   * @returns undefined without violations
   * @throws errors of the schema
   */
  check(data: unknown, context: unknown): Findings | undefined {
    return this.together(this.checkData(data), this.checkContext(context));
  }

  /**
   * Merges the violations of both parts and the deprecation.
   * @returns undefined without violations
   */
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

  /** Validates the context. It may have undeclared fields, because other events need them. */
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
  const instead = replacedBy === undefined ? '' : `; use ${JSON.stringify(replacedBy)} instead`;
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
      `the schema of its ${part} validates asynchronously, but emit is synchronous`,
    );
  }
  const issues: IssueList | undefined = answer?.issues;
  if (issues === undefined || issues.length === 0) return undefined;
  const { violations, more } = reader.read(issues, value, MAX_VIOLATIONS);
  return { violations, more: more + (issues.omitted ?? 0) };
}

/** Thrown for an asynchronous schema. The message contains no event data. */
export class AsynchronousSchemaException extends TypeError {
  override readonly name = 'AsynchronousSchemaException';
}
