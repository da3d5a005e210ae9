/**
 * Writes the catalog as HTML pages: an index with a search, and a page for each event. A browser
 * can open the folder directly from a disk or a server.
 */
import { fileKey } from './file-key';
import { CATALOG_SCRIPT_NAME, SEARCH_SCRIPT, STYLE } from './html-assets';
import type { FieldRow } from './field-table';
import { htmlPage, htmlTable, lines, type Column, type PageFrame, type Row } from './html-page';
import { html, type Html } from './html-text';
import type { PrintedCatalog, PrintedContext, PrintedEvent } from './printed-catalog';
import type { PrintedFile } from './printed-files';
import * as words from './reader-words';

export function htmlFiles(catalog: PrintedCatalog): readonly PrintedFile[] {
  const frame = (title: string, toRoot = '', isIndex = false): PageFrame => ({
    ...{ title, toRoot, isIndex, catalogTitle: catalog.title },
  });
  return [
    { path: 'index.html', text: htmlPage(frame(catalog.title, '', true), index(catalog)) },
    ...catalog.events.map((event) => ({
      path: `${event.key}.html`,
      text: htmlPage(frame(event.document.name), eventPage(event, catalog)),
    })),
    ...catalog.contexts.map((context) => ({
      path: `contexts/${context.key}.html`,
      text: htmlPage(frame(`Context ${context.document.name}`, '../'), contextPage(context)),
    })),
    { path: 'assets/style.css', text: STYLE },
    { path: 'assets/search.js', text: SEARCH_SCRIPT },
    { path: 'assets/catalog.js', text: searchData(catalog) },
  ];
}

/**
 * Returns the search data as a script, because a page that is opened from a disk may not fetch
 * files.
 */
function searchData({ events, contexts }: PrintedCatalog): string {
  const entries = [
    ...events.map(({ key, document: { name, title, description, when, deprecated }, data, context }) => ({
      ...{ name, title: title ?? '', address: `${key}.html`, text: textOf(description, when) },
      fields: [...data.map(({ path }) => `data.${path}`), ...context.map(({ path }) => `context.${path}`)],
      ...(deprecated !== null && { note: 'deprecated' }),
    })),
    ...contexts.map(({ key, document: { name, title, description, when }, fields }) => ({
      ...{ name, title: title ?? '', address: `contexts/${key}.html`, text: textOf(description, when) },
      ...{ fields: fields.map(({ path }) => `context.${path}`), note: 'context' },
    })),
  ];
  const list = entries.map((entry) => `  ${JSON.stringify(entry).replaceAll('<', '\\u003c')}`).join(',\n');
  return `// Written by "event-tracking catalog docs".\nwindow.${CATALOG_SCRIPT_NAME} = [\n${list}\n];\n`;
}

function textOf(...texts: readonly (string | null)[]): string {
  return texts.filter((text) => text !== null).join(' ');
}

function index(catalog: PrintedCatalog): readonly Html[] {
  const { title, contexts, groups } = catalog;
  const many = groups.length > 1;
  return [
    html`<h1>${title}</h1>`,
    html`<p>${words.size(catalog)}</p>`,
    ...(many ? [groupLinks(groups, contexts.length > 0)] : []),
    ...groups.flatMap(([name, members]) => [
      ...(many ? [html`<h2 id="${groupAnchor(name)}">${words.groupTitle(name)}</h2>`] : []),
      eventTable(many ? words.groupTitle(name) : title, members),
    ]),
    ...(contexts.length === 0 ? [] : [html`<h2 id="contexts">Contexts</h2>`, contextTable(contexts, 'contexts/')]),
  ];
}

function groupLinks(groups: PrintedCatalog['groups'], hasContexts: boolean): Html {
  const items = groups.map(
    ([name, members]) =>
      html`<li><a href="#${groupAnchor(name)}">${words.groupTitle(name)}</a> <span class="count">${members.length}</span></li>`,
  );
  if (hasContexts) items.push(html`<li><a href="#contexts">Contexts</a></li>`);
  return html`<nav class="groups" aria-label="Groups"><ul>
${lines(items)}
</ul></nav>`;
}

function groupAnchor(name: string): string {
  return name === '' ? 'group' : `group-${fileKey(name)}`;
}

const EVENT_COLUMNS: readonly Column[] = [
  { heading: 'Event', kind: 'name' },
  { heading: 'Title' },
  { heading: 'Source', kind: 'short', isToldOf: true },
  { heading: 'Since', kind: 'short', isToldOf: true },
  { heading: 'Deprecated', kind: 'short', isToldOf: true },
];

const CONTEXT_COLUMNS: readonly Column[] = [
  { heading: 'Context', kind: 'fields' },
  { heading: 'Title' },
  { heading: 'When it is entered' },
];

function eventTable(label: string, events: readonly PrintedEvent[]): Html {
  const rows = events.map(({ key, document: { name, title, source, since, deprecated } }) => ({
    cells: [
      html`<a href="${key}.html"><code>${name}</code></a>`,
      ...[title ?? '', words.SOURCES[source], since ?? ''],
      deprecated === null ? '' : html`<span class="mark old">since ${deprecated.since}</span>`,
    ],
  }));
  return htmlTable(label, EVENT_COLUMNS, rows);
}

function contextTable(contexts: readonly PrintedContext[], folder: string): Html {
  const rows = contexts.map(({ key, document: { name, title, when } }) => ({
    cells: [html`<a href="${folder}${key}.html"><code>${name}</code></a>`, title ?? '', when ?? ''],
  }));
  return htmlTable('Contexts', CONTEXT_COLUMNS, rows);
}

function eventPage(event: PrintedEvent, catalog: PrintedCatalog): readonly Html[] {
  const { document, examples } = event;
  return [
    html`<h1><code>${breakable(document.name)}</code></h1>`,
    ...(document.title === null ? [] : [html`<p class="title">${document.title}</p>`]),
    ...deprecation(event, catalog),
    ...paragraphs(document.description),
    facts(event),
    html`<h2 id="data">Data</h2>`,
    fieldTable('data', event.data, document.data === null ? words.NO_DATA : words.NO_FIELDS),
    ...paragraphs(words.dataNote(event)),
    html`<h2 id="context">Context</h2>`,
    ...contextPart(event, catalog),
    ...personalPart(event.pii),
    ...examples.map((example, at) => {
      const id = at === 0 ? 'example' : `example-${at + 1}`;
      return html`<h2 id="${id}">${words.exampleTitle(example)}</h2>
<p>${words.exampleNote(example)}</p>
<pre tabindex="0" role="region" aria-labelledby="${id}"><code>${words.exampleText(example)}</code></pre>`;
    }),
    ...historyPart(event),
    ...siblings(event, catalog),
  ];
}

/** Allows line breaks between the words of a long name. */
function breakable(name: string): readonly Html[] {
  return name.split(/(?<=[._/:])/).map((word, at) => html`${at > 0 && html`<wbr>`}${word}`);
}

function paragraphs(text: string | null): readonly Html[] {
  const parts = (text ?? '').replaceAll('\r\n', '\n').split(/\n\s*\n/);
  return parts.filter((part) => part.trim() !== '').map((part) => html`<p>${part.trim()}</p>`);
}

function deprecation({ document: { deprecated } }: PrintedEvent, catalog: PrintedCatalog): readonly Html[] {
  if (deprecated === null) return [];
  const { since, replacedBy } = deprecated;
  const replacement = words.eventNamed(replacedBy, catalog);
  const name = html`<code>${replacedBy}</code>`;
  const use = replacement === undefined ? name : html`<a href="${replacement.key}.html">${name}</a>`;
  return [
    html`<p class="warning"><strong>Deprecated</strong> since ${since}${replacedBy !== undefined && html`; use ${use}`}.</p>`,
  ];
}

function facts({ document }: PrintedEvent): Html {
  const { when, source, owner, since, version } = document;
  const fact = (label: string, text: string | number | null): Html[] =>
    text === null ? [] : [html`<div><dt>${label}</dt><dd>${text}</dd></div>`];
  return html`<dl>
${lines([
  ...fact('When it is emitted', when),
  ...fact('Event source', words.SOURCES[source]),
  ...fact('Owner', owner),
  ...fact('Since', since),
  ...fact('Version', version),
])}
</dl>`;
}

const FIELD_COLUMNS: readonly Column[] = [
  { heading: 'Field', kind: 'fields' },
  { heading: 'Type', kind: 'code' },
  { heading: 'Required', kind: 'short' },
  { heading: 'Description' },
];

function fieldTable(part: 'data' | 'context', rows: readonly FieldRow[], none: string, added?: AddedBy): Html {
  if (rows.length === 0) return html`<p>${none}</p>`;
  return htmlTable(
    `Fields of the ${part}`,
    FIELD_COLUMNS,
    rows.map((row) => fieldRow(part, row, added)),
  );
}

type AddedBy = (row: FieldRow) => Html | false;

function fieldRow(part: string, row: FieldRow, added?: AddedBy): Row {
  const id = fieldAnchor(part, row);
  const note = words.fieldNote(row);
  return {
    id,
    cells: [
      html`<a href="#${encodeURIComponent(id)}"><code>${row.path}</code></a>`,
      html`<code>${row.type}</code>`,
      words.presence(row),
      html`${row.isPersonal && html`<span class="mark">personal</span> `}${note}${added?.(row)}`,
    ],
  };
}

/**
 * Returns an anchor without spaces, and without characters that are invalid in a page or an
 * address.
 */
function fieldAnchor(part: string, { path }: FieldRow): string {
  return `${part}.${path.replace(/\s/g, '\u2420').replace(/[\u0000-\u001f\u007f\ud800-\udfff]/gu, '\ufffd')}`;
}

function contextPart({ context, document, notes }: PrintedEvent, catalog: PrintedCatalog): readonly Html[] {
  const addedBy: AddedBy = (row) => {
    const contexts = words.contextsWith(row, catalog).map(({ key, document: { name } }, at) => {
      const address = `contexts/${key}.html#${encodeURIComponent(fieldAnchor('context', row))}`;
      return html`${at > 0 && ', '}<a href="${address}"><code>${name}</code></a>`;
    });
    return contexts.length > 0 && html` <span class="origin">Added by ${contexts}.</span>`;
  };
  const required =
    document.context === null
      ? [html`<p>${words.NO_CONTEXT}</p>`]
      : [
          html`<p>It must carry these fields, and may carry more.</p>`,
          fieldTable('context', context, words.NO_FIELDS, addedBy),
          ...paragraphs(words.partNote(notes.context)),
        ];
  if (catalog.contexts.length === 0) return required;
  return [
    ...required,
    html`<p>An event has the fields of the contexts in which it is emitted:</p>`,
    contextTable(catalog.contexts, 'contexts/'),
  ];
}

function personalPart(pii: readonly string[]): readonly Html[] {
  if (pii.length === 0) return [];
  return [
    html`<h2 id="personal">Personal data</h2>`,
    html`<ul>
${lines(pii.map((path) => html`<li><code>${path}</code></li>`))}
</ul>`,
  ];
}

const HISTORY_COLUMNS: readonly Column[] = [
  { heading: 'Date', kind: 'short' },
  { heading: 'Version', kind: 'short', isToldOf: true },
  { heading: 'Change' },
];

function historyPart({ document: { history } }: PrintedEvent): readonly Html[] {
  if (history.length === 0) return [];
  const rows = history.map(({ date, version, change }) => ({ cells: [date, String(version ?? ''), change] }));
  return [html`<h2 id="history">History</h2>`, htmlTable('History', HISTORY_COLUMNS, rows)];
}

/**
 * Lists the other events of the group: a reader of an enrollment event is probably interested in
 * its end too.
 */
function siblings({ key: own, group }: PrintedEvent, { groups }: PrintedCatalog): readonly Html[] {
  const members = groups.find(([name]) => name === group)?.[1] ?? [];
  if (members.length < 2) return [];
  const items = members.map(({ key, document: { name } }) =>
    key === own
      ? html`<li aria-current="page"><code>${name}</code></li>`
      : html`<li><a href="${key}.html"><code>${name}</code></a></li>`,
  );
  return [
    html`<nav class="siblings" aria-labelledby="siblings"><h2 id="siblings">${words.groupTitle(group)}</h2>
<ul>
${lines(items)}
</ul></nav>`,
  ];
}

function contextPage({ document, fields, notes }: PrintedContext): readonly Html[] {
  const { name, title, description, when, pii } = document;
  return [
    html`<h1>Context <code>${name}</code></h1>`,
    ...(title === null ? [] : [html`<p class="title">${title}</p>`]),
    ...paragraphs(description),
    ...(when === null ? [] : [html`<dl><div><dt>When it is entered</dt><dd>${when}</dd></div></dl>`]),
    html`<h2 id="fields">Fields</h2>`,
    fieldTable('context', fields, document.fields === null ? words.NO_DATA : words.NO_FIELDS),
    ...paragraphs(words.partNote(notes)),
    ...personalPart(pii),
  ];
}
