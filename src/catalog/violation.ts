import type { Issue } from './event-schema';
import { expectationOf } from './expectation';
import { isOfType, jsonTypeOf, schemasAt, typesOf, type JsonSchema } from './json-schema';

/** In what way an event does not keep to its definition. */
export type ViolationKind =
  'unplanned-event' | 'required-missing' | 'type-mismatch' | 'value-not-allowed' | 'additional-property' | 'deprecated';

/** One way in which one event does not keep to its definition. Never holds a value of the event, which may be personal. */
export interface Violation {
  readonly kind: ViolationKind;
  /** From the event: `data.answers.0.mode`; '' is the event itself. */
  readonly path: string;
  /** Reads on from the path: `must be "audit" or "verified"`. */
  readonly message: string;
}

type Path = readonly PropertyKey[];

const MAX_MESSAGE_LENGTH = 300;

export function pathText(part: 'data' | 'context', path: Path): string {
  return [part, ...path.map(String)].join('.');
}

/**
 * The same words for every library: of what a schema gives, only the place and a message for people are standardised, so the
 * kind is read from the value that stands there and from what the JSON Schema says of it.
 */
export function violationsOf(
  issue: Issue,
  part: 'data' | 'context',
  value: unknown,
  root: JsonSchema,
): readonly Violation[] {
  const path = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  const { keys } = issue as { keys?: unknown };
  if (Array.isArray(keys)) return keys.map((key) => undeclared(part, [...path, String(key)])); // of zod
  const schemas = schemasAt(root, path);
  const at = pathText(part, path);
  const found = valueAt(value, path);
  if (found === undefined && path.length > 0)
    return [
      {
        kind: 'required-missing',
        path: at,
        message: schemas.length === 0 ? 'is missing' : `is missing; it must be ${expectationOf(schemas)}`,
      },
    ];
  if (schemas.length === 0 && path.length > 0 && schemasAt(root, path.slice(0, -1)).length > 0)
    return [undeclared(part, path)];
  if (isOtherType(issue, found, schemas))
    return [
      { kind: 'type-mismatch', path: at, message: `must be ${expectationOf(schemas)}, and was ${typeName(found)}` },
    ];
  return [{ kind: 'value-not-allowed', path: at, message: notAllowed(issue, found, schemas) }];
}

export function undeclared(part: 'data' | 'context', path: Path): Violation {
  return { kind: 'additional-property', path: pathText(part, path), message: 'is not declared' };
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

/** What the author of a check has to say of it is worth more than what the JSON Schema says; unless it quotes the value. */
function notAllowed(issue: Issue, value: unknown, schemas: readonly JsonSchema[]): string {
  const isOwn = (issue as { code?: unknown }).code === 'custom' || schemas.length === 0;
  const message = issue.message.slice(0, MAX_MESSAGE_LENGTH);
  const isQuoted = typeof value === 'object' ? value !== null : message.includes(showPrimitive(value));
  if (isOwn && !isQuoted && message !== '') return message;
  return schemas.length === 0 ? 'has a value that its schema refuses' : `must be ${expectationOf(schemas)}`;
}

function showPrimitive(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
