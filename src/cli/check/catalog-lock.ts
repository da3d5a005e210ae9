/**
 * Catalog lock: the agreement with the readers of events, reviewed in pull requests. Irrelevant
 * lines would hide relevant ones, so it contains only the facts that readers rely on or are
 * informed of, in a fixed order. It omits hashes, histories, examples and empty values.
 */
import { canonicalJson } from '../../catalog/canonical-json';
import type { EventCatalog } from '../../catalog/catalog';
import type { ContextDocument, Deprecation, EventDocument } from '../../catalog/event-document';
import type { ReadSchema } from '../../catalog/event-schema';
import { isSchema, type JsonSchema } from '../../catalog/json-schema';
import type { StatementDocument } from '../../catalog/statement/statement-definition';

/** Raise it if the previous release could no longer read the lock that this code writes. */
export const LOCK_FORMAT = 1;

interface LockedText {
  readonly title?: string;
  readonly description?: string;
  readonly when?: string;
  readonly pii?: readonly string[];
}

export interface LockedEvent extends LockedText {
  readonly version: number;
  readonly source?: string;
  readonly owner?: string;
  readonly deprecated?: Deprecation;
  readonly data?: JsonSchema;
  /**
   * Treatment of undeclared fields in objects of the data that do not define it, which depends on
   * the schema library. Missing in locks from releases without this option.
   */
  readonly undeclared?: 'allowed' | 'refused';
  readonly context?: JsonSchema;
  /** xAPI statement of the event. Missing in locks from releases without it. */
  readonly xapi?: StatementDocument;
}

export interface LockedContext extends LockedText {
  readonly fields?: JsonSchema;
}

export interface CatalogLock {
  readonly format: typeof LOCK_FORMAT;
  readonly events: Readonly<Record<string, LockedEvent>>;
  readonly contexts: Readonly<Record<string, LockedContext>>;
}

export function lockOf({ document, events }: EventCatalog): CatalogLock {
  return {
    format: LOCK_FORMAT,
    events: byName(document.events, (event) => lockedEvent(event, events.get(event.name)?.schemas.data)),
    contexts: byName(document.contexts, lockedContext),
  };
}

/** Returns the content of the lock file. Equal catalogs produce equal content. */
export function writeLock(lock: CatalogLock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/**
 * Parses a lock.
 * @returns the reason as a string if the lock cannot be read
 */
export function readLock(text: string): CatalogLock | string {
  let lock: unknown;
  try {
    lock = JSON.parse(text.replace(/^\uFEFF/, '')); // Windows editors may write a byte order mark
  } catch {
    return 'it is not valid JSON';
  }
  if (!isSchema(lock) || !isSchema(lock['events']) || !isSchema(lock['contexts'])) return 'it contains no catalog';
  if (lock['format'] !== LOCK_FORMAT)
    return `its format is ${JSON.stringify(lock['format'])}, but this release reads format ${String(LOCK_FORMAT)}`;
  for (const [name, event] of Object.entries(lock['events'])) {
    if (!isSchema(event) || !Number.isSafeInteger(event['version'])) return `its event ${name} has no version`;
    if (!hasParts(event, ['data', 'context', 'xapi'])) return `its event ${name} is damaged`;
  }
  for (const [name, context] of Object.entries(lock['contexts'])) {
    if (!isSchema(context) || !hasParts(context, ['fields'])) return `its context ${name} is damaged`;
  }
  return lock as unknown as CatalogLock;
}

/** Returns true if two locks have the same meaning, in whatever notation. */
export function isSameLock(a: CatalogLock, b: CatalogLock): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function hasParts(entry: JsonSchema, schemas: readonly string[]): boolean {
  const pii = entry['pii'] ?? [];
  return (
    Array.isArray(pii) &&
    pii.every((path) => typeof path === 'string') &&
    schemas.every((part) => entry[part] === undefined || isSchema(entry[part]))
  );
}

function byName<Document extends { readonly name: string }, Locked>(
  documents: readonly Document[],
  locked: (document: Document) => Locked,
): Record<string, Locked> {
  const sorted = documents.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(sorted.map((document) => [document.name, locked(document)]));
}

function lockedEvent(event: EventDocument, schema: ReadSchema | undefined): LockedEvent {
  const { version, title, description, when, source, owner, deprecated, pii, data, context, xapi } = event;
  return {
    version,
    ...filled({ title, description, when, source, owner, deprecated, pii: pii.toSorted() }),
    ...filled({ data: lockedSchema(data), undeclared: schema === undefined ? null : undeclaredIn(schema) }),
    ...filled({ context: lockedSchema(context), xapi: xapi === undefined ? null : ordered(xapi) }),
  };
}

function undeclaredIn({ isOpen }: ReadSchema): 'allowed' | 'refused' {
  return isOpen ? 'allowed' : 'refused';
}

function lockedContext({ title, description, when, pii, fields }: ContextDocument): LockedContext {
  return filled({ title, description, when, pii: pii.toSorted(), fields: lockedSchema(fields) });
}

type Filled<Fields> = { readonly [Key in keyof Fields]?: NonNullable<Fields[Key]> };

function filled<Fields extends object>(fields: Fields): Filled<Fields> {
  const isFilled = (value: unknown): boolean => value !== null && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isFilled(value))) as Filled<Fields>;
}

/** Returns a schema with sorted keys and without the dialect, which is always the same. */
function lockedSchema(schema: JsonSchema | null): JsonSchema | null {
  if (schema === null) return null;
  const { $schema: _dialect, ...rest } = schema;
  return withSortedRequired(ordered(rest)) as JsonSchema;
}

/** Returns a copy with sorted keys. */
function ordered<Value extends object>(value: Value): Value {
  return JSON.parse(canonicalJson(value)) as Value;
}

function withSortedRequired(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) {
    const isNames = key === 'required' && value.every((each) => typeof each === 'string');
    return isNames ? value.toSorted() : value.map((each) => withSortedRequired(each));
  }
  if (!isSchema(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withSortedRequired(each, name)]));
}
