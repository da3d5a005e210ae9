/**
 * Writes the catalog as HTML pages: an index with a search, and a page for each event. A browser
 * can open the folder directly from a disk or a server.
 */
import { fileKey } from './file-key';
import { contextPage, contextTable, eventPage } from './html-event';
import { htmlPage, htmlTable, type Column, type PageFrame, type Row } from './html-page';
import { breakable, html, type Html } from './html-text';
import { eventSchemaFile } from './json-schema-format';
import { pageScript } from './page/page-script';
import { pageStyle } from './page/page-style';
import type { PrintedCatalog, PrintedEvent } from './printed-catalog';
import type { PrintedFile } from './printed-files';
import * as words from './reader-words';
import { searchData } from './search-data';

export function htmlFiles(catalog: PrintedCatalog): readonly PrintedFile[] {
  const { title: catalogTitle, contexts } = catalog;
  const frame = (title: string, side: readonly Html[], toRoot = ''): PageFrame => ({
    ...{ title, catalogTitle, toRoot, isIndex: false, side },
  });
  const events = catalog.groups.flatMap(([, members]) => members);
  return [
    {
      path: 'index.html',
      text: htmlPage({ ...frame(catalogTitle, groupLinks(catalog)), isIndex: true }, index(catalog)),
    },
    ...events.map((event, at) => ({
      path: `${event.key}.html`,
      text: htmlPage(
        frame(event.document.name, siblings(event, catalog)),
        eventPage(event, catalog, { previous: events[at - 1], next: events[at + 1] }),
      ),
    })),
    ...events.map((event) => eventSchemaFile(event, 'schemas/')),
    ...contexts.map((context, at) => ({
      path: `contexts/${context.key}.html`,
      text: htmlPage(
        frame(`Context ${context.document.name}`, contextLinks(catalog), '../'),
        contextPage(context, { previous: contexts[at - 1], next: contexts[at + 1] }),
      ),
    })),
    { path: 'assets/style.css', text: pageStyle() },
    { path: 'assets/page.js', text: pageScript() },
    { path: 'assets/catalog.js', text: searchData(catalog) },
  ];
}

function index(catalog: PrintedCatalog): readonly Html[] {
  const { title, contexts, groups } = catalog;
  const many = groups.length > 1;
  const columns = words.filledColumns(EVENT_COLUMNS, catalog.events);
  return [
    html`<h1 dir="auto">${title}</h1>`,
    html`<p class="size">${words.size(catalog)}</p>`,
    ...groups.map(
      ([name, members]) => html`<section class="group">
${many && html`<h2 id="${groupAnchor(name)}">${words.groupTitle(name)}</h2>\n`}${eventTable(many ? words.groupTitle(name) : title, columns, members)}
</section>`,
    ),
    ...(contexts.length === 0
      ? []
      : [
          html`<section class="group">
<h2 id="contexts">Contexts</h2>
${contextTable(contexts, 'contexts/')}
</section>`,
        ]),
  ];
}

interface EventColumn extends Column {
  readonly cell: (event: PrintedEvent) => Html | string;
}

const EVENT_COLUMNS: readonly EventColumn[] = [
  { heading: 'Event', kind: 'name', cell: nameCell },
  { heading: 'When it is emitted', cell: ({ document }) => words.whenText(document) },
  { heading: 'Owner', kind: 'short', repeatsHeading: true, cell: ({ document }) => document.owner ?? '' },
  { heading: 'Source', kind: 'word', repeatsHeading: true, cell: ({ document }) => words.SOURCES[document.source] },
  { heading: 'Since', kind: 'short', repeatsHeading: true, cell: ({ document }) => document.since ?? '' },
];

function nameCell({ key, document: { name, title, deprecated } }: PrintedEvent): Html {
  const mark = deprecated !== null && html` <span class="mark old">deprecated since ${deprecated.since}</span>`;
  return html`<a href="${key}.html"><code>${breakable(name)}</code></a>${title !== null && html`<span class="subtitle" dir="auto">${title}</span>`}${mark}`;
}

function eventTable(label: string, columns: readonly EventColumn[], events: readonly PrintedEvent[]): Html {
  const rows = events.map((event): Row => ({ cells: columns.map(({ cell }) => cell(event)) }));
  return htmlTable(label, columns, rows);
}

function groupAnchor(name: string): string {
  return name === '' ? 'group' : `group-${fileKey(name)}`;
}

function groupLinks({ groups, contexts }: PrintedCatalog): readonly Html[] {
  const links = groups.map(([name]) => html`<a href="#${groupAnchor(name)}">${words.groupTitle(name)}</a>`);
  const many = groups.length > 1 ? links : [];
  return contexts.length > 0 ? [...many, html`<a href="#contexts">Contexts</a>`] : many;
}

/**
 * Lists the events of the group: a reader of an enrollment event is probably interested in its end
 * too. A list of all events would change every page whenever an event is added.
 */
function siblings({ key: own, group }: PrintedEvent, { groups }: PrintedCatalog): readonly Html[] {
  const members = groups.find(([name]) => name === group)?.[1] ?? [];
  return members.map(
    ({ key, document: { name } }) =>
      html`<a href="${key}.html"${key === own && html` aria-current="page"`}><code>${name}</code></a>`,
  );
}

function contextLinks({ contexts }: PrintedCatalog): readonly Html[] {
  return contexts.map(({ key, document: { name } }) => html`<a href="${key}.html"><code>${name}</code></a>`);
}
