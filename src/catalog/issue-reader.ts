import { printable } from '../common/printable';
import type { Issue, ReadSchema } from './event-schema';
import { expectationOf } from './expectation';
import { isOfType, jsonTypeOf, typesOf, type JsonSchema } from './json-schema';
import { ownValue, SchemaPaths, selectedAlternative } from './schemas-at';
import { ShownPaths } from './shown-paths';
import { undeclaredField } from './undeclared-field';
import type { Violation } from './violation';

type Path = readonly PropertyKey[];

const MAX_MESSAGE_LENGTH = 300;
/** A path that is deeper is looked at no further: an event of the default limits is 64 deep. */
const MAX_DEPTH = 100;

/** One value whose issues are read. */
interface Reading {
  readonly value: unknown;
  readonly places: SchemaPaths;
  readonly limit: number;
  readonly violations: Violation[];
  /** Issues beyond the limit. */
  more: number;
}

/**
 * Turns what a schema says of a value into violations, in the same words for every library. Of an issue, only the place and a
 * message for people are standardised: so the kind is read from the value that stands there and from the JSON Schema.
 */
export class IssueReader {
  private readonly paths: ShownPaths;

  constructor(
    part: 'data' | 'context',
    private readonly schema: ReadSchema,
    /** How a key is shown that nothing declares. */
    shownKey: (key: string) => string,
  ) {
    this.paths = new ShownPaths(part, schema.plain, shownKey);
  }

  /**
   * @param limit how many are wanted: reading stops there
   * @returns with how many issues were not read
   */
  read(
    issues: readonly Issue[],
    value: unknown,
    limit: number,
  ): { readonly violations: Violation[]; readonly more: number } {
    const reading: Reading = {
      value,
      places: new SchemaPaths(this.schema.plain, value),
      limit,
      violations: [],
      more: 0,
    };
    for (const issue of issues) this.take(issue, reading);
    const { violations, more } = reading;
    return { violations, more };
  }

  /** Adds the violations of one issue, or counts it if there are enough. */
  private take(issue: Issue, reading: Reading): void {
    const { violations, limit } = reading;
    if (violations.length >= limit) {
      reading.more++;
      return;
    }
    const path = pathOf(issue);
    const own = this.selected(issue, path, reading);
    if (own !== undefined) {
      for (const each of own) this.take({ ...each, path: [...path, ...(each.path ?? [])] }, reading);
      return;
    }
    const { keys } = issue as { keys?: unknown }; // zod names all undeclared fields of an object in one issue
    if (!Array.isArray(keys)) {
      violations.push(this.violation(issue, path, reading));
      return;
    }
    const room = limit - violations.length;
    for (const key of keys.slice(0, room)) violations.push(this.undeclared([...path, String(key)], reading.value));
    reading.more += Math.max(keys.length - room, 0);
  }

  /**
   * The issues of the alternative that the value is meant for, where the issue is that it fits none; zod lists them all.
   * @returns undefined for any other issue, and if the alternative cannot be told
   */
  private selected(issue: Issue, path: Path, { value, places }: Reading): readonly Issue[] | undefined {
    const { errors, code } = issue as { errors?: unknown; code?: unknown };
    if (code !== 'invalid_union' || !Array.isArray(errors) || errors.length === 0) return undefined;
    const alternatives = places.at(path);
    if (alternatives.length !== errors.length) return undefined;
    const at = selectedAlternative(alternatives, path.reduce(ownValue, value), this.schema.plain);
    const own = at === undefined ? undefined : (errors as (readonly Issue[])[])[at];
    return own === undefined || own.length === 0 ? undefined : own;
  }

  private violation(issue: Issue, path: Path, { value, places }: Reading): Violation {
    const schemas = places.at(path);
    const found = path.reduce(ownValue, value);
    if (issue.isUndeclared === true) return this.undeclared(path, value);
    if (isRefusedKey(issue))
      return this.made('value-not-allowed', path, value, 'has a key that its schema does not allow');
    if (found === undefined && path.length > 0) {
      const message = schemas.length === 0 ? 'is missing' : `is missing; it must be ${expectationOf(schemas)}`;
      return this.made('required-missing', path, value, message);
    }
    if (isUnknownField(issue, schemas, path, places)) return this.undeclared(path, value);
    if (isOtherType(issue, found, schemas))
      return this.made('type-mismatch', path, value, `must be ${expectationOf(schemas)}, and was ${typeName(found)}`);
    return this.made('value-not-allowed', path, value, this.notAllowed(issue, schemas, found));
  }

  private undeclared(path: Path, value: unknown): Violation {
    return undeclaredField(this.paths.of(path, value));
  }

  private made(kind: Violation['kind'], path: Path, value: unknown, message: string): Violation {
    return { kind, path: this.paths.of(path, value), message: printable(message, MAX_MESSAGE_LENGTH) };
  }

  /** What the author of a check has to say of it is worth more than what the JSON Schema says, if it quotes no value. */
  private notAllowed(issue: Issue, schemas: readonly JsonSchema[], value: unknown): string {
    const { check, message, '~expected': given } = issue;
    if (given !== undefined) return `must be ${given}`;
    const isOwn = check !== undefined || (issue as { code?: unknown }).code === 'custom' || schemas.length === 0;
    const expected = isOwn ? undefined : expectationOf(schemas, value);
    if (expected !== undefined) return `must be ${expected}`;
    // A message of Ajv itself is in other words than those of the libraries.
    const isAuthored = check !== undefined || !this.schema.isOpen;
    if (isAuthored && this.schema.messages.has(message) && message !== '') return message;
    return `does not pass ${check === undefined ? 'a check' : `the check ${JSON.stringify(check)}`} of its schema`;
  }
}

/** Of a library that does not say so, known by there being nothing in its JSON Schema for a field. */
function isUnknownField(issue: Issue, schemas: readonly JsonSchema[], path: Path, places: SchemaPaths): boolean {
  if (schemas.length > 0 || path.length === 0 || issue.isUndeclared !== undefined) return false;
  return places.at(path.slice(0, -1)).length > 0;
}

function pathOf({ path = [] }: Issue): Path {
  return path.slice(0, MAX_DEPTH).map((step) => (typeof step === 'object' ? step.key : step));
}

function isRefusedKey(issue: Issue): boolean {
  return issue.isRefusedKey === true || (issue as { code?: unknown }).code === 'invalid_key';
}

function isOtherType(issue: Issue, value: unknown, schemas: readonly JsonSchema[]): boolean {
  // Where a Date is meant, the JSON Schema says text: only the library knows better.
  if ((issue as { code?: unknown }).code === 'invalid_type') return true;
  if (schemas.length === 0) return false;
  if (value instanceof Date) return !schemas.some(({ format }) => format === 'date-time');
  const type = jsonTypeOf(value);
  return schemas.every((schema) => {
    const types = typesOf(schema);
    return types !== undefined && !isOfType(type, types);
  });
}

function typeName(value: unknown): string {
  if (value instanceof Date) return 'a Date';
  const type = jsonTypeOf(value);
  return type === 'integer' ? 'a number' : TYPE_NAMES[type];
}

const TYPE_NAMES = {
  string: 'a text',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
  array: 'a list',
  object: 'an object',
} as const;
