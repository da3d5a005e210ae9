import { html, type Html } from './html-text';

export interface PageFrame {
  readonly title: string;
  /** Title of the catalog. */
  readonly catalogTitle: string;
  /** Relative path from the page to the folder of the index: '' or '../'. */
  readonly toRoot: string;
  /** True for the index, which needs no link to itself. */
  readonly isIndex: boolean;
}

const MARK = '<!-- Written by "event-tracking catalog docs": change the definitions, and print it again. -->';

/**
 * Creates a page. All pages have the same header, with a link to the index and a search for all
 * events.
 */
export function htmlPage({ title, catalogTitle, toRoot, isIndex }: PageFrame, main: readonly Html[]): string {
  const body = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${isIndex ? catalogTitle : `${title} – ${catalogTitle}`}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${toRoot}assets/style.css">
<script defer src="${toRoot}assets/catalog.js"></script>
<script defer src="${toRoot}assets/search.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<nav aria-label="Catalog"><a href="${toRoot}index.html"${isIndex ? html` aria-current="page"` : ''}>${catalogTitle}</a></nav>
<div class="search" role="search" hidden data-root="${toRoot}">
<label for="query">Search events</label>
<input id="query" type="search" autocomplete="off" spellcheck="false" placeholder="Name, title or field" aria-describedby="found" aria-keyshortcuts="/">
<p id="found" role="status"></p>
<ol id="results" hidden aria-label="Events found"></ol>
</div>
</header>
<main id="main" tabindex="-1">
${lines(main)}
</main>
</body>
</html>
`;
  return `<!doctype html>\n${MARK}\n${body.source}`;
}

export function lines(parts: readonly Html[]): Html {
  return html`${parts.flatMap((part, at) => (at === 0 ? [part] : ['\n', part]))}`;
}

export interface Column {
  readonly heading: string;
  /**
   * Kind of the column, which sets its width. A column without a kind takes the remaining width.
   */
  readonly kind?: 'name' | 'fields' | 'code' | 'short' | undefined;
  /**
   * True if a narrow page, which has no columns, shows the heading in the cell.
   * @default false
   */
  readonly isToldOf?: boolean | undefined;
}

export interface Row {
  /** Id of the row's anchor, if the row can be linked to. */
  readonly id?: string | undefined;
  /** Cells of the row. The first is the heading of the row. */
  readonly cells: readonly (Html | string)[];
}

/**
 * Creates a table.
 * @param label description of the table for screen readers
 */
export function htmlTable(label: string, columns: readonly Column[], rows: readonly Row[]): Html {
  const head = columns.map(
    ({ heading, kind }) => html`<th scope="col"${kind && html` class="${kind}"`}>${heading}</th>`,
  );
  const body = rows.map(({ id, cells: [first, ...others] }) => {
    const cells = others.map((cell, at) => {
      const { heading, isToldOf } = columns[at + 1] ?? {};
      return html`<td${isToldOf === true && html` data-label="${heading}"`}>${cell}</td>`;
    });
    return html`<tr${id !== undefined && html` id="${id}"`}><th scope="row">${first}</th>${cells}</tr>`;
  });
  return html`<div class="table"><table aria-label="${label}">
<thead><tr>${head}</tr></thead>
<tbody>
${lines(body)}
</tbody>
</table></div>`;
}
