import { showInFull, showValue } from '../common/tracking-config.exception';
import { isContextDefinition, type ContextDefinition } from './define-context';
import { isEventDefinition, type EventDefinition } from './define-event';
import { EventDefinitionException, type DefinitionError } from './event-definition.exception';
import { hasMark } from './marks';
import type { CatalogDocument } from './event-document';

export type CatalogEntry = EventDefinition | ContextDefinition;

/** Token of the catalog of a tracker, for the backends of its tree. */
export const TRACKER_CATALOG = 'TRACKING_CATALOG';

const MARK = Symbol.for('nestjs-event-tracking.catalog');

/** Catalog of the documented events and contexts of an application. */
export interface EventCatalog<Entries extends readonly CatalogEntry[] = readonly CatalogEntry[]> {
  /** Definitions as passed to the catalog. */
  readonly entries: Entries;
  readonly events: ReadonlyMap<string, EventDefinition>;
  readonly contexts: ReadonlyMap<string, ContextDefinition>;
  /** Documents of the definitions as plain JSON, each list sorted by name. */
  readonly document: CatalogDocument;
  /**
   * Returns the personal paths of the events with a given name. Accepts names that the catalog does
   * not contain. Pass it as `processor(Redact, { marks: catalog.pii })`; it is bound.
   */
  readonly pii: (eventName: string) => readonly string[];
}

/**
 * Creates a catalog from definitions of events and contexts.
 * @throws EventDefinitionException if two definitions share a name, or if a value is not a
 * definition
 */
export function defineCatalog<const Entries extends readonly CatalogEntry[]>(entries: Entries): EventCatalog<Entries> {
  const errors: DefinitionError[] = [];
  const events = new Map<string, EventDefinition>();
  const contexts = new Map<string, ContextDefinition>();
  const add = <Entry extends CatalogEntry>(known: Map<string, Entry>, entry: Entry, at: number): void => {
    if (known.has(entry.name)) {
      const what = `another definition has the name ${showInFull(entry.name)}`;
      errors.push({
        option: `[${String(at)}]`,
        what,
        fix: 'keep one definition for each name, and raise its version when it changes',
      });
    }
    known.set(entry.name, entry);
  };
  const list: unknown = entries;
  for (const [at, entry] of Array.isArray(list) ? (list as unknown[]).entries() : []) {
    if (isEventDefinition(entry)) add(events, entry, at);
    else if (isContextDefinition(entry)) add(contexts, entry, at);
    else
      errors.push({
        option: `[${String(at)}]`,
        what: `it is ${showValue(entry)}, not a definition`,
        fix: NO_DEFINITION,
      });
  }
  if (!Array.isArray(list))
    errors.push({ option: 'entries', what: `they are ${showValue(list)}, not a list`, fix: NO_DEFINITION });
  if (errors.length > 0) throw EventDefinitionException.create('defineCatalog', errors);

  const everywhere = [...contexts.values()].flatMap(({ document }) => document.pii);
  const byName = new Map([...events].map(([name, { document }]) => [name, [...everywhere, ...document.pii]]));
  return Object.freeze({
    [MARK]: true,
    ...{ entries, events, contexts },
    document: { events: documentsOf(events), contexts: documentsOf(contexts) },
    pii: (eventName: string) => byName.get(eventName) ?? everywhere,
  });
}

const NO_DEFINITION = "defineCatalog([defineEvent('video.played', {...}), defineContext('course', {...})])";

/**
 * Returns the catalog of a module option, which is a catalog or a list of definitions.
 * @throws EventDefinitionException
 */
export function readCatalog(given: EventCatalog | readonly CatalogEntry[]): EventCatalog {
  return isCatalog(given) ? given : defineCatalog(given);
}

export function isCatalog(value: unknown): value is EventCatalog {
  return hasMark(value, MARK);
}

function documentsOf<Document>(definitions: ReadonlyMap<string, { readonly document: Document }>): Document[] {
  return [...definitions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { document }]) => document);
}
