/** Prepares a catalog for all formats: its documents, with derived information for readers. */
import type { EventCatalog } from '../../catalog/catalog';
import { contentHash } from '../../catalog/canonical-json';
import type { EventDefinition } from '../../catalog/define-event';
import type { ContextDocument, EventDocument } from '../../catalog/event-document';
import { documentSchema } from '../../catalog/words/document-schema';
import { exampleEvents, type ExampleEvent } from './example-event';
import { fieldRows, partConstraints, type FieldRow } from '../../catalog/words/field-table';
import { fieldTree, type FieldGroup } from '../../catalog/words/field-tree';
import { fileKey } from './file-key';
import { personalIn } from './personal-paths';

export interface PrintedEvent {
  readonly key: string;
  readonly document: EventDocument;
  readonly data: readonly FieldRow[];
  readonly trees: { readonly data: FieldGroup | null; readonly context: FieldGroup | null };
  /** Notes on the data as a whole, and on the context. */
  readonly notes: { readonly data: readonly string[]; readonly context: readonly string[] };
  /**
   * Handling of a field that the data neither declares nor mentions; undefined without a schema.
   */
  readonly undeclared: 'allowed' | 'refused' | undefined;
  /** Required fields of the context. */
  readonly context: readonly FieldRow[];
  readonly examples: readonly [ExampleEvent, ...ExampleEvent[]];
  /** Personal paths of the event and of the contexts, since every event may be in a context. */
  readonly pii: readonly string[];
  readonly group: string;
}

export interface PrintedContext {
  readonly key: string;
  readonly document: ContextDocument;
  readonly fields: readonly FieldRow[];
  readonly tree: FieldGroup | null;
  /** Notes on the fields as a whole. */
  readonly notes: readonly string[];
}

export interface PrintedCatalog {
  readonly title: string;
  /** Hash of the whole content. It changes with any change of the catalog. */
  readonly hash: string;
  readonly events: readonly PrintedEvent[];
  readonly contexts: readonly PrintedContext[];
  /** Groups of events, sorted by name; events without a group are last. */
  readonly groups: readonly (readonly [name: string, events: readonly PrintedEvent[]])[];
}

export function printedCatalog(catalog: EventCatalog, title: string): PrintedCatalog {
  const { document } = catalog;
  const contexts = document.contexts.map((each) => {
    const fields = each.fields && documentSchema(each.fields);
    return {
      ...{ key: fileKey(each.name), document: { ...each, fields } },
      ...{ fields: fieldRows(fields, personalIn('context', each.pii)), notes: partConstraints(fields) },
      tree: fieldTree(fields, personalIn('context', each.pii)),
    };
  });
  const shared = sharedWords(document.events.map(({ name }) => name));
  const events = document.events.flatMap(({ name }) => {
    const definition = catalog.events.get(name);
    return definition === undefined ? [] : [printedEvent(definition, catalog.pii(name), groupOf(name, shared))];
  });
  return { title, hash: contentHash(document), events, contexts, groups: groupsOf(events) };
}

function printedEvent(definition: EventDefinition, marked: readonly string[], group: string): PrintedEvent {
  const { name, schemas } = definition;
  const pii = [...new Set(marked)].sort();
  const data = definition.document.data && documentSchema(definition.document.data);
  const context = definition.document.context && documentSchema(definition.document.context);
  return {
    ...{ key: fileKey(name), document: { ...definition.document, data, context }, pii, group },
    trees: {
      data: fieldTree(data, personalIn('data', pii)),
      context: fieldTree(context, personalIn('context', pii)),
    },
    notes: { data: partConstraints(data), context: partConstraints(context) },
    undeclared: schemas.data && (schemas.data.isOpen ? 'allowed' : 'refused'),
    data: fieldRows(data, personalIn('data', pii)),
    context: fieldRows(context, personalIn('context', pii)),
    examples: exampleEvents(definition),
  };
}

const GROUP_WORDS = 2;

/**
 * Returns the group of an event: two words after the words that all names of the catalog start
 * with. It is `edx.course` for `edx.course.enrollment.activated`, and '' for a name of one word.
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
