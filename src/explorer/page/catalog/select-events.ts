import type { CatalogState, EventDocumentation, SeenName } from '../../api';

export const SHOWS = ['all', 'seen', 'never-seen', 'undocumented', 'deprecated'] as const;
export type Show = (typeof SHOWS)[number];

export const SHOW_WORDS: Readonly<Record<Show, string>> = {
  all: 'All',
  seen: 'Seen',
  'never-seen': 'Documented, never seen',
  undocumented: 'Seen, not documented',
  deprecated: 'Deprecated',
};

/** A name of the list: documented, seen, or both. */
export interface Entry {
  readonly name: string;
  readonly documentation: EventDocumentation | undefined;
  readonly seen: SeenName | undefined;
}

export function entriesOf({ events, undocumented }: CatalogState): readonly Entry[] {
  return [
    ...events.map((documentation) => ({ name: documentation.name, documentation, seen: documentation.seen })),
    ...undocumented.map((seen) => ({ name: seen.name, documentation: undefined, seen })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const TESTS: Readonly<Record<Show, (entry: Entry) => boolean>> = {
  all: () => true,
  seen: ({ seen }) => seen !== undefined,
  'never-seen': ({ seen }) => seen === undefined,
  undocumented: ({ documentation }) => documentation === undefined,
  deprecated: ({ documentation }) => documentation?.isDeprecated === true,
};

export const isShown = (entry: Entry, show: Show): boolean => TESTS[show](entry);

/** True if every word of the query is in the name, the description, the owner or a field. */
export function matches({ name, documentation }: Entry, query: string): boolean {
  const { description, owner, fields } = documentation ?? {};
  const text = [name, description, owner, ...(fields ?? []).map(({ path }) => path)].join(' ').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
