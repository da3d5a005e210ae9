import { canonicalJson } from '../../catalog/canonical-json';
import type { JsonSchema } from '../../catalog/json-schema';
import { ANY_DEPTH, ANY_KEY, PathError, readFieldPath, type PathStep } from '../../processors/paths/event-path';
import type { CatalogLock, LockedContext, LockedEvent } from './catalog-lock';
import { breaking, harmless, type Change } from './change';
import { compareSchemas } from './compare-schemas';
import { compareStatements } from './compare-statements';
import { plainReferences } from '../../catalog/plain-references';

/**
 * Status of the breaking changes of an event: none, unresolved, or announced to readers. They are
 * announced if the version was raised, if the removed event was deprecated before, or if its
 * removal was accepted by name. A reference that is not followed stays breaking with any version.
 */
export type Verdict = 'harmless' | 'breaking' | 'version-raised' | 'was-deprecated' | 'accepted';

/** Differences in one event or context. */
export interface EntryChanges {
  readonly of: 'event' | 'context';
  readonly name: string;
  /** Versions in the lock and in the catalog; null for a context, or if the event is missing. */
  readonly version: { readonly was: number | null; readonly is: number | null };
  readonly changes: readonly Change[];
  readonly verdict: Verdict;
}

/** All differences, events first, sorted by name. Unchanged events and contexts are omitted. */
export function compareCatalogs(was: CatalogLock, is: CatalogLock, accepted: readonly string[] = []): EntryChanges[] {
  const events = namesOf(was.events, is.events).map((name) =>
    eventChanges(name, own(was.events, name), own(is.events, name), accepted),
  );
  const contexts = namesOf(was.contexts, is.contexts).map((name) =>
    contextChanges(name, own(was.contexts, name), own(is.contexts, name), accepted),
  );
  return [...events, ...contexts].filter(({ changes }) => changes.length > 0);
}

function namesOf(was: object, is: object): string[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
}

function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function eventChanges(
  name: string,
  was: LockedEvent | undefined,
  is: LockedEvent | undefined,
  accepted: readonly string[],
): EntryChanges {
  const version = { was: was?.version ?? null, is: is?.version ?? null };
  const changes = changesOfEvent(was, is);
  return { of: 'event', name, version, changes, verdict: verdict() };

  function verdict(): Verdict {
    const broken = changes.filter(({ isBreaking }) => isBreaking);
    if (broken.length === 0) return 'harmless';
    // A raised version announces that something changed, but an unfollowed reference hides what.
    if (broken.some(isNotFollowed)) return 'breaking';
    // A removed event has no version to raise. It was deprecated before, or its removal is
    // accepted.
    if (is === undefined) {
      if (was?.deprecated !== undefined) return 'was-deprecated';
      return accepted.includes(name) ? 'accepted' : 'breaking';
    }
    return was !== undefined && is.version > was.version ? 'version-raised' : 'breaking';
  }
}

/** True for a reference whose target is outside its schema, where changes are not detected. */
export function isNotFollowed({ kind }: Change): boolean {
  return kind === 'reference-not-followed';
}

function changesOfEvent(was: LockedEvent | undefined, is: LockedEvent | undefined): Change[] {
  if (was === undefined && is !== undefined)
    return [
      harmless('event-added', { path: '' }),
      ...notFollowed('data', is.data),
      ...notFollowed('context', is.context),
    ];
  if (was === undefined) return [];
  if (is === undefined) return [breaking('event-removed', { path: '', what: 'event removed' })];
  const closed = { wasClosed: (was.undeclared ?? is.undeclared) === 'refused', isClosed: is.undeclared === 'refused' };
  const data = partChanges('data', was.data, is.data, closed);
  const schemas = [...data, ...partChanges('context', was.context, is.context)];
  return [
    ...versionChange(was.version, is.version),
    ...schemas,
    ...piiChanges(was.pii, is.pii, schemas),
    ...compareStatements(was.xapi, is.xapi),
    ...documentation(was, is, ['title', 'description', 'when', 'source', 'owner', 'deprecated']),
  ];
}

function contextChanges(
  name: string,
  was: LockedContext | undefined,
  is: LockedContext | undefined,
  accepted: readonly string[],
): EntryChanges {
  const changes = changesOfContext(was, is);
  const isBreaking = changes.some((change) => change.isBreaking);
  const isAccepted = accepted.includes(name) && !changes.some(isNotFollowed);
  const standing = isAccepted ? 'accepted' : 'breaking'; // contexts have no version
  return {
    ...{ of: 'context', name, version: { was: null, is: null }, changes },
    verdict: isBreaking ? standing : 'harmless',
  };
}

function changesOfContext(was: LockedContext | undefined, is: LockedContext | undefined): Change[] {
  if (was === undefined && is !== undefined)
    return [harmless('context-added', { path: '' }), ...notFollowed('context', is.fields)];
  if (was === undefined) return [];
  if (is === undefined) return [breaking('context-removed', { path: '', what: 'context removed' })];
  const schemas = partChanges('context', was.fields, is.fields);
  return [
    ...schemas,
    ...piiChanges(was.pii, is.pii, schemas),
    ...documentation(was, is, ['title', 'description', 'when']),
  ];
}

function versionChange(was: number, is: number): Change[] {
  if (was === is) return [];
  const facts = { path: 'version', was: String(was), is: String(is) };
  return [
    is > was ? harmless('version-raised', facts) : breaking('version-lowered', { ...facts, what: 'version lowered' }),
  ];
}

/** Compares a part of the event. Without an old schema, consumers could not rely on anything. */
function partChanges(
  path: string,
  was: JsonSchema | undefined,
  is: JsonSchema | undefined,
  closed: { readonly wasClosed?: boolean; readonly isClosed?: boolean } = {},
): Change[] {
  if (was === undefined) return is === undefined ? [] : [harmless('schema-added', { path }), ...notFollowed(path, is)];
  if (is === undefined) return [breaking('schema-removed', { path, what: 'no longer described' })];
  return [...compareSchemas(was, is, path, closed), ...notFollowed(path, is)];
}

function notFollowed(path: string, schema: JsonSchema | undefined): Change[] {
  if (schema === undefined) return [];
  return plainReferences(schema).unfollowed.map((reference) =>
    breaking('reference-not-followed', {
      path,
      is: reference,
      what: `reference not followed: ${JSON.stringify(reference)}`,
    }),
  );
}

function piiChanges(was: readonly string[] = [], is: readonly string[] = [], schemas: readonly Change[]): Change[] {
  const isNew = (path: string): boolean =>
    schemas.some(({ kind, path: added }) => isAddition(kind) && covers(added, path));
  const added = is.filter((path) => !was.some((marked) => covers(marked, path)));
  const removed = was.filter((path) => !is.some((marked) => covers(marked, path)));
  return [
    ...added
      .filter((path) => !isNew(path)) // a new field has no consumers yet
      .map((path) => breaking('pii-added', { path, was: 'not marked', is: 'personal', what: 'marked as personal' })),
    ...added
      .filter(isNew)
      .map((path) => harmless('documentation', { path, is: 'personal', what: 'the new field is personal' })),
    ...removed.map((path) => harmless('pii-removed', { path, was: 'personal', is: 'not marked' })),
    ...(added.length + removed.length === 0 && canonicalJson(was) !== canonicalJson(is)
      ? [
          harmless('documentation', {
            path: 'pii',
            was: was.join(', '),
            is: is.join(', '),
            what: 'pii paths written differently',
          }),
        ]
      : []),
  ];
}

function isAddition(kind: Change['kind']): boolean {
  return kind === 'field-added' || kind === 'required-field-added';
}

/** True if every place that the inner path leads to is at or below the place of the other path. */
function covers(path: string, inner: string): boolean {
  if (path === inner) return true;
  const [outer, within] = [readFieldPath(path), readFieldPath(inner)];
  if (outer instanceof PathError || within instanceof PathError) return false;
  return within.every(({ part, steps }) => outer.some((one) => one.part === part && coversSteps(one.steps, steps)));
}

function coversSteps(outer: readonly PathStep[], inner: readonly PathStep[]): boolean {
  const [step, ...rest] = outer;
  if (step === undefined) return true;
  if (inner.length === 0) return false;
  if (step === ANY_DEPTH) return inner.some((_, at) => coversSteps(rest, inner.slice(at)));
  if (inner[0] === ANY_DEPTH || (step !== ANY_KEY && step !== inner[0])) return false;
  return coversSteps(rest, inner.slice(1));
}

function documentation<Entry extends object>(
  was: Entry,
  is: Entry,
  options: readonly (keyof Entry & string)[],
): Change[] {
  return options.flatMap((option) => {
    const [before, after] = [shown(was[option]), shown(is[option])];
    return before === after
      ? []
      : [harmless('documentation', { path: option, was: before, is: after, what: `${option} changed` })];
  });
}

function shown(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : canonicalJson(value);
}
