/**
 * Writes a Markdown page for each event, in the style of the event reference of Open edX, for a
 * repository or a documentation site.
 */
import type { FieldRow } from './field-table';
import { code, inline, jsonBlock, link, paragraphs, table } from './markdown-text';
import type { PrintedCatalog, PrintedContext, PrintedEvent } from './printed-catalog';
import type { PrintedFile } from './printed-files';
import * as words from './reader-words';

const MARK = '<!-- Written by "event-tracking catalog docs": change the definitions, and print it again. -->';

export function markdownFiles(catalog: PrintedCatalog): readonly PrintedFile[] {
  return [
    { path: 'README.md', text: page(index(catalog)) },
    ...catalog.events.map((event) => ({ path: `${event.key}.md`, text: page(eventPage(event, catalog)) })),
    ...catalog.contexts.map((context) => ({ path: `contexts/${context.key}.md`, text: page(contextPage(context)) })),
  ];
}

/**
 * Joins the blocks of a page.
 * @param blocks empty ones are omitted
 */
function page(blocks: readonly string[]): string {
  return `${[MARK, ...blocks].filter((block) => block !== '').join('\n\n')}\n`;
}

function index(catalog: PrintedCatalog): readonly string[] {
  const { title, contexts, groups } = catalog;
  return [
    `# ${inline(title)}`,
    words.size(catalog),
    ...groups.flatMap(([name, members]) => [
      groups.length > 1 ? `## ${inline(words.groupTitle(name))}` : '',
      table(['Event', 'Title', 'Source', 'Since', 'Deprecated'], members.map(indexRow)),
    ]),
    ...(contexts.length === 0 ? [] : ['## Contexts', contextTable(contexts, 'contexts/')]),
  ];
}

function indexRow({ key, document }: PrintedEvent): string[] {
  const { name, title, source, since, deprecated } = document;
  return [
    link(code(name), `${key}.md`),
    inline(title ?? ''),
    words.SOURCES[source],
    inline(since ?? ''),
    deprecated === null ? '' : `since ${inline(deprecated.since)}`,
  ];
}

function contextTable(contexts: readonly PrintedContext[], folder: string): string {
  return table(
    ['Context', 'Title', 'When it is entered'],
    contexts.map(({ key, document }) => [
      link(code(document.name), `${folder}${key}.md`),
      ...[inline(document.title ?? ''), inline(document.when ?? '')],
    ]),
  );
}

function eventPage(event: PrintedEvent, catalog: PrintedCatalog): readonly string[] {
  const { document, examples } = event;
  return [
    `# ${code(document.name)}`,
    document.title === null ? '' : `**${inline(document.title)}**`,
    deprecation(event, catalog),
    paragraphs(document.description ?? ''),
    facts(event),
    ...['## Data', fieldTable(event.data, document.data === null ? words.NO_DATA : words.NO_FIELDS)],
    inline(words.dataNote(event)),
    ...['## Context', ...contextPart(event, catalog)],
    ...personalPart(event.pii),
    ...examples.flatMap((example) => [
      `## ${words.exampleTitle(example)}`,
      words.exampleNote(example),
      jsonBlock(words.exampleText(example)),
    ]),
    ...historyPart(event),
    link(inline(catalog.title), 'README.md'),
  ];
}

function deprecation({ document: { deprecated } }: PrintedEvent, catalog: PrintedCatalog): string {
  if (deprecated === null) return '';
  const { since, replacedBy } = deprecated;
  const replacement = words.eventNamed(replacedBy, catalog);
  const name = replacedBy === undefined ? '' : code(replacedBy);
  const use = replacement === undefined ? name : link(name, `${replacement.key}.md`);
  return `> **Deprecated** since ${inline(since)}${use === '' ? '' : `; use ${use}`}.`;
}

function facts({ document }: PrintedEvent): string {
  const { when, source, owner, since, version } = document;
  const fact = (label: string, text: string | null): string[] => (text === null ? [] : [`- **${label}**: ${text}`]);
  return [
    ...fact('When it is emitted', when && inline(when)),
    ...fact('Event source', words.SOURCES[source]),
    ...fact('Owner', owner && inline(owner)),
    ...fact('Since', since && inline(since)),
    ...fact('Version', String(version)),
  ].join('\n');
}

function fieldTable(rows: readonly FieldRow[], none: string): string {
  if (rows.length === 0) return none;
  return table(
    ['Field', 'Type', 'Required', 'Personal', 'Description'],
    rows.map((row) => [
      ...[code(row.path), code(row.type), inline(words.presence(row)), row.isPersonal ? 'personal' : ''],
      inline(words.fieldNote(row)),
    ]),
  );
}

function contextPart({ context, document, notes }: PrintedEvent, catalog: PrintedCatalog): readonly string[] {
  const from = (row: FieldRow): string =>
    words
      .contextsWith(row, catalog)
      .map(({ key, document: { name } }) => link(code(name), `contexts/${key}.md`))
      .join(', ');
  const origins = context
    .filter((row) => from(row) !== '')
    .map((row) => `- ${code(row.path)} is added by ${from(row)}`);
  return [
    document.context === null ? words.NO_CONTEXT : 'It must carry these fields, and may carry more.',
    document.context === null ? '' : fieldTable(context, words.NO_FIELDS),
    inline(words.partNote(notes.context)),
    origins.join('\n'),
    catalog.contexts.length === 0 ? '' : 'An event has the fields of the contexts in which it is emitted:',
    catalog.contexts.length === 0 ? '' : contextTable(catalog.contexts, 'contexts/'),
  ];
}

function personalPart(pii: readonly string[]): readonly string[] {
  if (pii.length === 0) return [];
  return ['## Personal data', pii.map((path) => `- ${code(path)}`).join('\n')];
}

function historyPart({ document: { history } }: PrintedEvent): readonly string[] {
  if (history.length === 0) return [];
  const rows = history.map(({ date, version, change }) => [
    ...[inline(date), version === undefined ? '' : String(version), inline(change)],
  ]);
  return ['## History', table(['Date', 'Version', 'Change'], rows)];
}

function contextPage({ document, fields, notes }: PrintedContext): readonly string[] {
  const { name, title, description, when, pii } = document;
  return [
    `# Context ${code(name)}`,
    title === null ? '' : `**${inline(title)}**`,
    paragraphs(description ?? ''),
    when === null ? '' : `- **When it is entered**: ${inline(when)}`,
    ...['## Fields', fieldTable(fields, document.fields === null ? words.NO_DATA : words.NO_FIELDS)],
    inline(words.partNote(notes)),
    ...personalPart(pii),
    link('All events', '../README.md'),
  ];
}
