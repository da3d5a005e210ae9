/** Wording of the pages in all formats. */
import type { EventDocument, EventSource } from '../../catalog/event-document';
import { isComputed, statementLeaves } from '../../catalog/statement/statement-leaves';
import type { Choice } from '../../catalog/words/schema-forms';
import type { ExampleEvent } from './example-event';
import type { FieldRow } from '../../catalog/words/field-table';
import type { PrintedCatalog, PrintedContext, PrintedEvent } from './printed-catalog';

export const SOURCES: Readonly<Record<EventSource, string>> = {
  server: 'Server',
  browser: 'Browser',
  mobile: 'Mobile',
};

/** Wording for a part of the event without a description. */
export const NO_DATA = 'Not described: any fields are allowed.';
export const NO_FIELDS = 'None.';
export const NO_CONTEXT = 'No fields are required.';

/** Returns the size of the catalog: `192 events, 3 contexts.` */
export function size({ events, contexts }: PrintedCatalog): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  return `${[count(events.length, 'event'), ...(contexts.length > 0 ? [count(contexts.length, 'context')] : [])].join(', ')}.`;
}

/** Returns when an event is emitted, for a line of the index: else what it is. */
export function whenText({ when, description }: EventDocument): string {
  return when ?? description?.split(/\n\s*\n/)[0]?.trim() ?? '';
}

/** Returns the columns that are not empty in every row. */
export function filledColumns<Item, Kind extends { readonly cell: (item: Item) => unknown }>(
  columns: readonly Kind[],
  items: readonly Item[],
): readonly Kind[] {
  return columns.filter(({ cell }) => items.some((item) => cell(item) !== ''));
}

/** Returns the heading of a group of events. */
export function groupTitle(name: string): string {
  return name === '' ? 'Other events' : name;
}

export function exampleTitle({ isMadeUp }: ExampleEvent): string {
  return isMadeUp ? 'Example (made up)' : 'Example';
}

export function exampleNote({ isMadeUp, fits }: ExampleEvent): string {
  if (!isMadeUp) return 'The data is an example from the definition; the rest of the event is made up.';
  return fits ? 'Made up from the types.' : 'Made up from the types. It does not satisfy every rule of the definition.';
}

/** Describes the data of an event, except its fields. */
export function dataNote(event: PrintedEvent): string {
  return [...event.notes.data.map(sentence), ...undeclaredNotes(event)].join(' ');
}

/** Describes what becomes of fields that the data does not declare. */
export function undeclaredNotes({ undeclared, data }: PrintedEvent): readonly string[] {
  if (data.length === 0 || undeclared === undefined) return [];
  const others = undeclared === 'refused' ? 'Objects have no other fields' : 'Objects may have other fields';
  return [`${others}, unless noted.`];
}

/** Describes a part of the event as a whole. */
export function partNote(notes: readonly string[]): string {
  return notes.map(sentence).join(' ');
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Describes if and when a field is required. */
export function presence({ presence: is, when }: FieldRow): string {
  return when === null ? is : `${is} ${when}`;
}

/** Describes the facts about a field that have no column. */
export function fieldNote({ title, description, constraints, isDeprecated, repeats }: FieldRow): string {
  const rules = [...constraints.map(sentence), ...(repeats === undefined ? [] : [recursion(repeats)])];
  return [
    ...(isDeprecated ? ['Deprecated.'] : []),
    ...(title === null ? [] : [ended(title)]),
    ...(description === null ? [] : [rules.length > 0 ? ended(description) : description]),
    ...rules,
  ].join(' ');
}

/** Ends a text like a sentence, if others follow. */
export function ended(text: string): string {
  return /[\p{Po}]\s*$/u.test(text) ? text : `${text}.`;
}

/** Describes a field that has the same fields as one that contains it. */
export function recursion(repeats: string): string {
  return `Recursive: it has the same fields as ${repeats === '' ? 'the root' : repeats}.`;
}

export const STATEMENT_NOTE =
  'An event becomes this xAPI statement. Values in braces come from the event; computed ones from a function.';

/** Returns the values of the xAPI statement; the text is null for one that a function computes. */
export function statementRows({ document: { xapi } }: PrintedEvent): readonly (readonly [string, string | null])[] {
  return statementLeaves(xapi ?? {}).map(({ path, value }) => {
    if (isComputed(value)) return [path, null];
    return [path, typeof value === 'string' ? value : JSON.stringify(value)];
  });
}

/** Introduces the alternatives of an object. */
export function choiceNote(choice: Choice | undefined, size: number): string {
  return `${choice === 'oneOf' ? 'Exactly' : 'At least'} one of ${size} forms:`;
}

/** Returns the contexts that add a field. */
export function contextsWith(row: Pick<FieldRow, 'path'>, { contexts }: PrintedCatalog): readonly PrintedContext[] {
  return contexts.filter(({ fields }) => fields.some(({ path }) => path === row.path));
}

export function exampleText({ event }: ExampleEvent): string {
  return JSON.stringify(event, null, 2);
}

export function eventNamed(name: string | undefined, { events }: PrintedCatalog): PrintedEvent | undefined {
  return events.find(({ document }) => document.name === name);
}
