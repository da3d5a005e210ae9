import { printable } from '../event/printable';
import type { Issue, ReadSchema } from './event-schema';
import { expectationOf } from './expectation';
import { isOfType, jsonTypeOf, schemasAt, typesOf, type JsonSchema } from './json-schema';
import { ShownPaths } from './shown-paths';
import { undeclaredField } from './undeclared-field';
import type { Violation } from './violation';

type Path = readonly PropertyKey[];

const MAX_MESSAGE_LENGTH = 300;
/** A path that is deeper is looked at no further: an event of the default limits is 64 deep. */
const MAX_DEPTH = 100;

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
    this.paths = new ShownPaths(part, schema.json, shownKey);
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
    const violations: Violation[] = [];
    for (const [at, issue] of issues.entries()) {
      if (violations.length >= limit) return { violations, more: issues.length - at };
      const path = (issue.path ?? []).slice(0, MAX_DEPTH).map((step) => (typeof step === 'object' ? step.key : step));
      const { keys } = issue as { keys?: unknown }; // zod names all undeclared fields of an object in one issue
      if (!Array.isArray(keys)) violations.push(this.violation(issue, path, value));
      else {
        const room = limit - violations.length;
        for (const key of keys.slice(0, room)) violations.push(this.undeclared([...path, String(key)], value));
        if (keys.length > room) return { violations, more: keys.length - room + issues.length - at - 1 };
      }
    }
    return { violations, more: 0 };
  }

  private violation(issue: Issue, path: Path, value: unknown): Violation {
    const root = this.schema.json;
    const schemas = schemasAt(root, path);
    const found = valueAt(value, path);
    if (found === undefined && path.length > 0) {
      const message = schemas.length === 0 ? 'is missing' : `is missing; it must be ${expectationOf(schemas)}`;
      return this.made('required-missing', path, value, message);
    }
    if (schemas.length === 0 && path.length > 0 && schemasAt(root, path.slice(0, -1)).length > 0)
      return this.undeclared(path, value);
    if (isOtherType(issue, found, schemas))
      return this.made('type-mismatch', path, value, `must be ${expectationOf(schemas)}, and was ${typeName(found)}`);
    return this.made('value-not-allowed', path, value, this.notAllowed(issue, schemas));
  }

  private undeclared(path: Path, value: unknown): Violation {
    return undeclaredField(this.paths.of(path, value));
  }

  private made(kind: Violation['kind'], path: Path, value: unknown, message: string): Violation {
    return { kind, path: this.paths.of(path, value), message: printable(message, MAX_MESSAGE_LENGTH) };
  }

  /** What the author of a check has to say of it is worth more than what the JSON Schema says, if it quotes no value. */
  private notAllowed(issue: Issue, schemas: readonly JsonSchema[]): string {
    const { check, message, '~expected': expected } = issue;
    if (expected !== undefined) return `must be ${expected}`;
    const isOwn = check !== undefined || (issue as { code?: unknown }).code === 'custom' || schemas.length === 0;
    if (!isOwn) return `must be ${expectationOf(schemas)}`;
    if (this.schema.messages.has(message) && message !== '') return message;
    return `does not pass ${check === undefined ? 'a check' : `the check ${JSON.stringify(check)}`} of its schema`;
  }
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
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
