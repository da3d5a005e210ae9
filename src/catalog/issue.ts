import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Issue of a value. Adapters of this library add which check of the application reported it. */
export type Issue = StandardSchemaV1.Issue & {
  /** Name of a check that is not part of the library, as in the schema.  @default unknown */
  readonly check?: string | undefined;
  /**
   * Completes "must be" in the message about a rejected value, instead of the words derived from
   * the JSON Schema. It is not named `expected`, because other libraries use that name for words
   * that may quote the value.
   * @default words derived from the JSON Schema
   */
  readonly '~expected'?: string | undefined;
  /** True for a field that the schema does not declare.  @default unknown */
  readonly isUndeclared?: boolean | undefined;
  /** True if the key at the end of the path is rejected, not its value.  @default false */
  readonly isRefusedKey?: boolean | undefined;
};

/** Issues that an adapter of this library returns for one value. */
export type IssueList = readonly Issue[] & {
  /** Number of further issues that are not in the list.  @default 0 */
  readonly omitted?: number | undefined;
};

/** Number of issues that adapters describe, because describing one costs more than finding it. */
const MAX_ISSUES = 101;

/**
 * Creates a list of issues.
 * @param describe called only for the first ones
 */
export function issueList<Found>(found: readonly Found[], describe: (each: Found) => Issue): IssueList {
  const issues = found.slice(0, MAX_ISSUES).map(describe);
  return Object.assign(issues, { omitted: found.length - issues.length });
}
