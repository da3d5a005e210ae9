/** Writes the page of an event, and the page of a context. */
import { emitExample } from './emit-example';
import { fieldAnchor, fieldTreeHtml, rulesHtml, type FieldNotes } from './html-fields';
import { htmlTable, lines, type Column } from './html-page';
import { breakable, html, type Html } from './html-text';
import type { PrintedCatalog, PrintedContext, PrintedEvent } from './printed-catalog';
import * as words from './reader-words';

/** Pages before and after a page, in the order of the index. */
interface Neighbours<Page> {
  readonly previous: Page | undefined;
  readonly next: Page | undefined;
}

export function eventPage(
  event: PrintedEvent,
  catalog: PrintedCatalog,
  neighbours: Neighbours<PrintedEvent>,
): readonly Html[] {
  const { key, document, trees, examples } = event;
  const dataRules = [...(trees.data?.constraints ?? []).map(words.sentence), ...words.undeclaredNotes(event)];
  return [
    html`<h1 dir="auto"><code>${breakable(document.name)}</code></h1>`,
    ...(document.title === null ? [] : [html`<p class="title" dir="auto">${document.title}</p>`]),
    ...deprecation(event, catalog),
    ...paragraphs(document.description),
    facts(event),
    html`<h2 id="data">Data</h2>`,
    ...fieldTreeHtml('data', trees.data, document.data === null ? words.NO_DATA : words.NO_FIELDS),
    ...rulesHtml(dataRules),
    html`<p class="schema"><a href="schemas/${key}.schema.json" type="application/schema+json">JSON Schema of the event</a></p>`,
    html`<h2 id="context">Context</h2>`,
    ...contextPart(event, catalog),
    ...personalPart(event.pii),
    ...statementPart(event),
    html`<h2 id="emit">Emit it</h2>`,
    ...(examples[0].fits ? [] : [html`<p>${words.exampleNote(examples[0])}</p>`]),
    codeBlock('emit', emitExample(event)),
    ...examples.flatMap((example, at) => {
      const id = at === 0 ? 'example' : `example-${at + 1}`;
      return [
        html`<h2 id="${id}">${words.exampleTitle(example)}</h2>`,
        html`<p>${words.exampleNote(example)}</p>`,
        codeBlock(id, words.exampleText(example)),
      ];
    }),
    ...historyPart(event),
    ...pager('event', neighbours),
  ];
}

export function contextPage(context: PrintedContext, neighbours: Neighbours<PrintedContext>): readonly Html[] {
  const { name, title, description, when, pii, fields } = context.document;
  return [
    html`<h1 dir="auto">Context <code>${breakable(name)}</code></h1>`,
    ...(title === null ? [] : [html`<p class="title" dir="auto">${title}</p>`]),
    ...paragraphs(description),
    ...(when === null ? [] : [html`<dl><div><dt>When it is entered</dt><dd dir="auto">${when}</dd></div></dl>`]),
    html`<h2 id="fields">Fields</h2>`,
    ...fieldTreeHtml('context', context.tree, fields === null ? words.NO_DATA : words.NO_FIELDS),
    ...rulesHtml((context.tree?.constraints ?? []).map(words.sentence)),
    ...personalPart(pii),
    ...pager('context', neighbours),
  ];
}

export function contextTable(contexts: readonly PrintedContext[], folder: string): Html {
  const columns = words.filledColumns(CONTEXT_COLUMNS, contexts);
  const rows = contexts.map((context) => {
    const { key, document } = context;
    const [, ...others] = columns.map(({ cell }) => cell(context));
    return { cells: [html`<a href="${folder}${key}.html"><code>${breakable(document.name)}</code></a>`, ...others] };
  });
  return htmlTable('Contexts', columns, rows);
}

const CONTEXT_COLUMNS: readonly (Column & { readonly cell: (context: PrintedContext) => string })[] = [
  { heading: 'Context', kind: 'label', cell: ({ document }) => document.name },
  { heading: 'Title', cell: ({ document }) => document.title ?? '' },
  { heading: 'When it is entered', cell: ({ document }) => document.when ?? '' },
];

function paragraphs(text: string | null): readonly Html[] {
  const parts = (text ?? '').replaceAll('\r\n', '\n').split(/\n\s*\n/);
  return parts.filter((part) => part.trim() !== '').map((part) => html`<p dir="auto">${part.trim()}</p>`);
}

/** Creates a block of code. The script shows its button, which copies the code. */
function codeBlock(id: string, text: string): Html {
  return html`<div class="code"><button type="button" class="copy" hidden>Copy</button>
<pre tabindex="0" role="region" aria-labelledby="${id}"><code>${text}</code></pre></div>`;
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
    text === null ? [] : [html`<div><dt>${label}</dt><dd dir="auto">${text}</dd></div>`];
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

function contextPart({ document, trees }: PrintedEvent, catalog: PrintedCatalog): readonly Html[] {
  const addedBy: FieldNotes = (path) => {
    const contexts = words.contextsWith({ path }, catalog).map(({ key, document: { name } }, at) => {
      const address = `contexts/${key}.html#${encodeURIComponent(fieldAnchor('context', path))}`;
      return html`${at > 0 && ', '}<a href="${address}"><code>${name}</code></a>`;
    });
    return contexts.length > 0 && html`<p class="origin">Added by ${contexts}.</p>`;
  };
  const required =
    document.context === null
      ? [html`<p>${words.NO_CONTEXT}</p>`]
      : [
          html`<p>It must have these fields and may have others.</p>`,
          ...fieldTreeHtml('context', trees.context, words.NO_FIELDS, addedBy),
          ...rulesHtml((trees.context?.constraints ?? []).map(words.sentence)),
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
    html`<ul class="paths">
${lines(pii.map((path) => html`<li><code>${path}</code></li>`))}
</ul>`,
  ];
}

const STATEMENT_COLUMNS: readonly Column[] = [{ heading: 'Part', kind: 'name' }, { heading: 'Value' }];

function statementPart(event: PrintedEvent): readonly Html[] {
  const rows = words.statementRows(event).map(([path, text]) => ({
    cells: [html`<code>${breakable(path)}</code>`, text === null ? 'computed' : html`<code>${breakable(text)}</code>`],
  }));
  if (rows.length === 0) return [];
  return [
    html`<h2 id="xapi">xAPI statement</h2>`,
    html`<p>${words.STATEMENT_NOTE}</p>`,
    htmlTable('xAPI statement', STATEMENT_COLUMNS, rows),
  ];
}

const HISTORY_COLUMNS: readonly Column[] = [
  { heading: 'Date', kind: 'short' },
  { heading: 'Version', kind: 'short', repeatsHeading: true },
  { heading: 'Change' },
];

function historyPart({ document: { history } }: PrintedEvent): readonly Html[] {
  if (history.length === 0) return [];
  const rows = history.map(({ date, version, change }) => ({ cells: [date, String(version ?? ''), change] }));
  return [html`<h2 id="history">History</h2>`, htmlTable('History', HISTORY_COLUMNS, rows)];
}

function pager(
  what: 'event' | 'context',
  { previous, next }: Neighbours<PrintedEvent | PrintedContext>,
): readonly Html[] {
  const link = (page: PrintedEvent | PrintedContext | undefined, rel: 'prev' | 'next', label: string): Html | false =>
    page !== undefined &&
    html`<a rel="${rel}" href="${page.key}.html"><span>${label}</span> <code>${breakable(page.document.name)}</code></a>`;
  if (previous === undefined && next === undefined) return [];
  return [
    html`<nav class="pager" aria-label="Previous and next ${what}">${link(previous, 'prev', 'Previous')}${link(next, 'next', 'Next')}</nav>`,
  ];
}
