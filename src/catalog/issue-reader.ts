import { printable } from '../common/printable';
import type { ReadSchema } from './event-schema';
import type { Issue } from './issue';
import { expectationOf } from './expectation';
import { isOfType, jsonTypeOf, typesOf, type JsonSchema } from './json-schema';
import { ownValue, SchemaPaths, selectedAlternative } from './schemas-at';
import { ShownPaths } from './shown-paths';
import { undeclaredField } from './undeclared-field';
import type { Violation } from './violation';

type Path = readonly PropertyKey[];

const MAX_MESSAGE_LENGTH = 300;
/** Maximum depth of a path that is read. An event within the default limits is 64 deep. */
const MAX_DEPTH = 100;

/** State of reading the issues of one value. */
interface Reading {
  readonly value: unknown;
  readonly places: SchemaPaths;
  readonly limit: number;
  readonly violations: Violation[];
  /** Number of issues beyond the limit. */
  more: number;
}

/**
 * Turns the issues of a schema into violations, with the same words for every library. The standard
 * defines only the path and a message for people, so the kind is derived from the value at the path
 * and from the JSON Schema.
 */
export class IssueReader {
  private readonly paths: ShownPaths;

  constructor(
    part: 'data' | 'context',
    private readonly schema: ReadSchema,
    /** Returns the displayed form of a key that nothing declares. */
    shownKey: (key: string) => string,
  ) {
    this.paths = new ShownPaths(part, schema.plain, shownKey);
  }

  /**
   * Reads issues.
   * @param limit maximum number of violations; reading stops there
   * @returns violations, and the number of issues that were not read
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
   * Returns the issues of the alternative that the value is meant for, if the value matches none.
   * zod lists the issues of all alternatives.
   * @returns undefined for any other issue, and if the alternative is ambiguous
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
      return this.made('type-mismatch', path, value, `must be ${expectationOf(schemas)}, but was ${typeName(found)}`);
    return this.made('value-not-allowed', path, value, this.notAllowed(issue, schemas, found));
  }

  private undeclared(path: Path, value: unknown): Violation {
    return undeclaredField(this.paths.of(path, value));
  }

  private made(kind: Violation['kind'], path: Path, value: unknown, message: string): Violation {
    return { kind, path: this.paths.of(path, value), message: printable(message, MAX_MESSAGE_LENGTH) };
  }

  /** Prefers the message of the author of a check to the JSON Schema, if it quotes no value. */
  private notAllowed(issue: Issue, schemas: readonly JsonSchema[], value: unknown): string {
    const { check, message, '~expected': given } = issue;
    if (given !== undefined) return `must be ${given}`;
    const isOwn = check !== undefined || (issue as { code?: unknown }).code === 'custom' || schemas.length === 0;
    const expected = isOwn ? undefined : expectationOf(schemas, value);
    if (expected !== undefined) return `must be ${expected}`;
    // Messages of Ajv are worded differently from those of the libraries.
    const isAuthored = check !== undefined || !this.schema.isOpen;
    if (isAuthored && this.schema.messages.has(message) && message !== '') return message;
    return `does not pass ${check === undefined ? 'a check' : `the check ${JSON.stringify(check)}`} of its schema`;
  }
}

/** Recognizes an undeclared field by its missing schema, for libraries that do not report it. */
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
  // For a Date, the JSON Schema says string, so the issue of the library decides.
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
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
  array: 'a list',
  object: 'an object',
} as const;
