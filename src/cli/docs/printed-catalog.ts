/** What every format prints: the documents of a catalog, with what is worked out of them for a reader. */
import type { Catalog } from '../../catalog/catalog';
import { contentHash } from '../../catalog/canonical-json';
import type { EventDefinition } from '../../catalog/define-event';
import type { ContextDocument, EventDocument } from '../../catalog/event-document';
import { exampleEvents, type ExampleEvent } from './example-event';
import { fieldRows, type FieldRow } from './field-table';
import { fileKey } from './file-key';
import { personalIn } from './personal-paths';

export interface PrintedEvent {
  readonly key: string;
  readonly document: EventDocument;
  readonly data: readonly FieldRow[];
  /** What the context must carry. */
  readonly context: readonly FieldRow[];
  readonly examples: readonly [ExampleEvent, ...ExampleEvent[]];
  /** Paths from the event: its own, and those of the contexts, which every event may be in. */
  readonly pii: readonly string[];
  readonly group: string;
}

export interface PrintedContext {
  readonly key: string;
  readonly document: ContextDocument;
  readonly fields: readonly FieldRow[];
}

export interface PrintedCatalog {
  readonly title: string;
  /** Of everything in it: another catalog has another. */
  readonly hash: string;
  readonly events: readonly PrintedEvent[];
  readonly contexts: readonly PrintedContext[];
  /** In the order of their names; those without a group last. */
  readonly groups: readonly (readonly [name: string, events: readonly PrintedEvent[]])[];
}

export function printedCatalog(catalog: Catalog, title: string): PrintedCatalog {
  const { document } = catalog;
  const contexts = document.contexts.map((each) => ({
    ...{ key: fileKey(each.name), document: each },
    fields: fieldRows(each.fields, personalIn('context', each.pii)),
  }));
  const shared = sharedWords(document.events.map(({ name }) => name));
  const events = document.events.flatMap(({ name }) => {
    const definition = catalog.events.get(name);
    return definition === undefined ? [] : [printedEvent(definition, catalog.pii(name), groupOf(name, shared))];
  });
  return { title, hash: contentHash(document), events, contexts, groups: groupsOf(events) };
}

function printedEvent(definition: EventDefinition, marked: readonly string[], group: string): PrintedEvent {
  const { name, document } = definition;
  const pii = [...new Set(marked)].sort();
  return {
    ...{ key: fileKey(name), document, pii, group },
    data: fieldRows(document.data, personalIn('data', pii)),
    context: fieldRows(document.context, personalIn('context', pii)),
    examples: exampleEvents(definition),
  };
}

const GROUP_WORDS = 2;

/**
 * `edx.course` for `edx.course.enrollment.activated`, '' for a name of one word: two words, behind those with which every name
 * of the catalog begins.
 */
function groupOf(name: string, shared: number): string {
  return wordsOf(name)
    .slice(0, -1)
    .slice(0, shared + GROUP_WORDS)
    .join('.');
}

function wordsOf(name: string): readonly string[] {
  return name.split(/[./:]+/).filter(Boolean);
}

function sharedWords(names: readonly string[]): number {
  const [first = [], ...others] = names.map((name) => wordsOf(name).slice(0, -1));
  const differs = first.findIndex((word, at) => others.some((words) => words[at] !== word));
  return differs === -1 ? first.length : differs;
}

function groupsOf(events: readonly PrintedEvent[]): PrintedCatalog['groups'] {
  const groups = new Map<string, PrintedEvent[]>();
  for (const event of events) groups.set(event.group, [...(groups.get(event.group) ?? []), event]);
  return [...groups].sort(([a], [b]) => Number(a === '') - Number(b === '') || (a < b ? -1 : 1));
}
