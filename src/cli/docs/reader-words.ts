/** Wording of the pages in all formats. */
import type { EventSource } from '../../catalog/event-document';
import type { ExampleEvent } from './example-event';
import type { FieldRow } from './field-table';
import type { PrintedCatalog, PrintedContext, PrintedEvent } from './printed-catalog';

export const SOURCES: Readonly<Record<EventSource, string>> = {
  server: 'Server',
  browser: 'Browser',
  mobile: 'Mobile',
};

/** Wording for a part of the event without a description. */
export const NO_DATA = 'Not described: any fields.';
export const NO_FIELDS = 'None.';
export const NO_CONTEXT = 'Nothing is required of it.';

/** Returns the size of the catalog: `192 events, 3 contexts.` */
export function size({ events, contexts }: PrintedCatalog): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  return `${[count(events.length, 'event'), ...(contexts.length > 0 ? [count(contexts.length, 'context')] : [])].join(', ')}.`;
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
  return fits ? 'Made up from the types.' : 'Made up from the types: it does not keep to every rule of the definition.';
}

/** Describes the data of an event, except its fields. */
export function dataNote({ notes, undeclared, data }: PrintedEvent): string {
  const others =
    data.length === 0 || undeclared === undefined
      ? []
      : undeclared === 'refused'
        ? ['Objects have no other fields than these, unless noted.']
        : ['Objects may have other fields than these, unless noted.'];
  return [...notes.data.map(sentence), ...others].join(' ');
}

/** Describes a part of the event as a whole. */
export function partNote(notes: readonly string[]): string {
  return notes.map(sentence).join(' ');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Describes if and when a field is required. */
export function presence({ presence: is, when }: FieldRow): string {
  return when === null ? is : `${is} ${when}`;
}

/** Describes the facts about a field that have no column. */
export function fieldNote({ description, constraints, isDeprecated, repeats }: FieldRow): string {
  const again =
    repeats === '' ? 'its fields are those of the whole again' : `its fields are those of ${repeats ?? ''} again`;
  return [
    ...(isDeprecated ? ['Deprecated.'] : []),
    ...(description === null ? [] : [description]),
    ...constraints.map(sentence),
    ...(repeats === undefined ? [] : [`Recursive: ${again}.`]),
  ].join(' ');
}

/** Returns the contexts that add a field. */
export function contextsWith(row: FieldRow, { contexts }: PrintedCatalog): readonly PrintedContext[] {
  return contexts.filter(({ fields }) => fields.some(({ path }) => path === row.path));
}

export function exampleText({ event }: ExampleEvent): string {
  return JSON.stringify(event, null, 2);
}

export function eventNamed(name: string | undefined, { events }: PrintedCatalog): PrintedEvent | undefined {
  return events.find(({ document }) => document.name === name);
}
